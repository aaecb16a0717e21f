"""A small exporter with two gauges, and a Prometheus server that scrapes it every second."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
scrape_configs:
  - job_name: service
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Exporter(ThreadingHTTPServer):
    """Tells its gauges in Prometheus's text format."""

    def __init__(self, **gauges: float) -> None:
        super().__init__(("127.0.0.1", 0), Gauges)
        self.gauges = gauges


class Gauges(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Exporter)
        lines = [f"{name} {value}\n" for name, value in self.server.gauges.items()]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write("".join(lines).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


@contextmanager
def prometheus(folder: Path, **gauges: float) -> Iterator[str]:
    """The address of a Prometheus server that scrapes these gauges."""
    exporter = Exporter(**gauges)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(port=exporter.server_port))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        exporter.shutdown()
        exporter.server_close()
