"""The web server's settings, for `make run` and the container image alike."""

from config.env import address, env

bind = "{}:{}".format(*address())
wsgi_app = "config.wsgi"
# Sync workers: threads cost a third of the throughput here, and no request waits for anything slow.
workers = env("WEB_CONCURRENCY", int, 3)
# Read the code once and fork: the second and third worker cost nothing to start.
preload_app = True
timeout = 60
graceful_timeout = 3
# Workers are replaced now and then, so that a leak in a library stays small.
max_requests = 5000
max_requests_jitter = 500
loglevel = "warning"
control_socket_disable = True
