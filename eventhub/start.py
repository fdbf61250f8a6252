"""What `make run` starts: the embedded database, the demonstration data, one process, a way in."""

from urllib.parse import urlsplit

from eventhub.accounts.commands import make_sign_in_link
from eventhub.accounts.rules import PRINTED_LINK_LIFE
from eventhub.cli import fail, main, refuse_used_port, run
from eventhub.database import utc_now
from eventhub.demo import ADMINISTRATOR, load_demo
from eventhub.settings import WrongSetting, current_settings


def start() -> None:
    """Load the demonstration once, print the address and a one-time link, and serve."""
    try:
        settings = current_settings()
    except WrongSetting as wrong:
        fail(str(wrong))
    address = urlsplit(settings.base_url)
    port = address.port or 8000
    refuse_used_port("127.0.0.1", port)
    print("Preparing the database; the first time takes about half a minute …", flush=True)
    loaded = run(lambda: load_demo(utc_now()))
    link = run(lambda: make_sign_in_link(ADMINISTRATOR, now=utc_now(), life=PRINTED_LINK_LIFE))
    if loaded:
        print("The demonstration data is loaded.")
    print(f"\n  EventHub            {settings.base_url}")
    print(f"  Sign in, once, as the administrator of the demonstration\n  {link}\n", flush=True)
    main(["serve", "--host", "127.0.0.1", "--port", str(port)])


if __name__ == "__main__":
    start()
