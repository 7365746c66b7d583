"""How gunicorn serves the shop."""

wsgi_app = "shop.wsgi"
bind = "127.0.0.1:8000"
workers = 2
threads = 64  # half of them for pages that are open and listen; see support.py
preload_app = True
graceful_timeout = 3  # seconds for what is under way; pages that listen come back by themselves


def post_worker_init(worker):
    """After the fork: let time pass in each worker. What is due is done once, whoever does it."""
    from shop.support import desk

    worker.running = desk.running()
    worker.running.__enter__()


def worker_exit(server, worker):
    worker.running.__exit__(None, None, None)
