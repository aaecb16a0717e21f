"""Requests that Clearway sends: to public addresses and allowed hosts, and to no other."""

import socket
import threading
import time
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import pytest

from audit.outgoing import Unreachable, is_public, send, target_of
from tests.webhooks.receiver import Receiver

INSIDE = (
    *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
    # Inner addresses of the fourth version in clothes of the sixth.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"),
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
)
OUTSIDE = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808")


@pytest.mark.parametrize("address", INSIDE)
def test_inner_addresses_are_known_as_such(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_known_as_such(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_what_leads_inside_is_refused_and_names_the_setting(url: str) -> None:
    with pytest.raises(Unreachable, match=r"CLEARWAY_ALLOWED_HOSTS_OUT|No host"):
        target_of(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/", "Begin"),
        ("file:///etc/passwd", "Begin"),
        ("https:///nothing", "Begin"),
        ("https://user:pass@example.org/", "name and password"),
        ("https://example.org/a b", "spaces"),
        ("https://example.org/\r\nX: y", "spaces"),
        ("https://example.org:99999/", "no web address"),
        ("https://münchen.example/", "plain letters"),
    ],
)
def test_what_is_no_address_is_refused(url: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        target_of(url)


def looked_up(*addresses: str) -> Any:
    """A look-up that finds these addresses, whatever is asked."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    return patch.object(socket, "getaddrinfo", return_value=found)


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with looked_up("93.184.216.34", "10.0.0.1"), pytest.raises(Unreachable, match="inside"):
        target_of("http://rebound.example/")


def test_the_connection_is_made_to_the_address_that_was_checked() -> None:
    """A second look-up could lead elsewhere, so there is none."""
    with (
        looked_up("93.184.216.34") as lookup,
        patch.object(socket, "create_connection", side_effect=OSError) as connect,
        pytest.raises(Unreachable, match="no connection"),
    ):
        send("GET", "http://rebound.example:8080/x")
    assert lookup.call_count == 1
    assert connect.call_args.args[0] == ("93.184.216.34", 8080)


def test_an_allowed_host_is_reached(receiver: Receiver) -> None:
    receiver.status, receiver.answer = 200, b"fine"
    answer = send("POST", f"{receiver.url}?a=1", body=b"hello", headers={"X-Said": "it"})
    assert (answer.status, answer.body, answer.whole) == (200, b"fine", True)
    (got,) = receiver.received
    assert (got.path, got.body, got.headers["X-Said"]) == ("/hook?a=1", b"hello", "it")


def test_a_host_is_allowed_by_the_name_that_is_asked(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match="inside"):
        send("GET", receiver.url.replace("127.0.0.1", "localhost"))


def test_redirects_are_answers(receiver: Receiver) -> None:
    receiver.status, receiver.location = 302, receiver.url
    assert send("GET", receiver.url).status == 302
    assert receiver.arrived == 1


def test_a_large_answer_is_cut_off(receiver: Receiver) -> None:
    receiver.status, receiver.answer = 200, b"x" * 5000
    answer = send("GET", receiver.url, most_bytes=1000)
    assert (len(answer.body), answer.whole) == (1000, False)


def test_who_does_not_answer_in_time_is_left(receiver: Receiver) -> None:
    receiver.may_answer.clear()
    with pytest.raises(Unreachable, match=r"within 0.2 seconds"):
        send("GET", receiver.url, seconds=0.2)


@pytest.mark.parametrize(
    ("scheme", "drops"),
    [
        ("http", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000),
        ("https", b"\x16\x03\x03\x40\x00" + bytes(6000)),  # a handshake's record of 16 kB
    ],
)
def test_who_answers_by_drops_is_left_too(scheme: str, drops: bytes, settings: Any) -> None:
    """Each byte comes in time, and the whole never does."""
    settings.ALLOWED_HOSTS_OUT = frozenset({"127.0.0.1"})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def dripping(*_args: Any) -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(1000)
                for byte in drops:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.02)

        thread = threading.Thread(target=dripping, daemon=True)
        thread.start()
        with pytest.raises(Unreachable, match=r"within 0.3 seconds"):
            send("GET", f"{scheme}://127.0.0.1:{port}/", seconds=0.3)
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_a_certificate_must_be_the_hosts(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match=r"127.0.0.1: no "):
        send("GET", receiver.url.replace("http", "https"))
