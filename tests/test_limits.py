"""Limits hold in a process that has them on, and each counts for itself."""

import os
import subprocess
import sys

SCRIPT = """
import asyncio, httpx, re
from eventhub.app import asgi, create_app
from tests.conftest import BASE_URL, running

async def main():
    async with running(create_app(postman=False)) as app:
        transport = httpx.ASGITransport(app=asgi(app))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            page = await client.get("/sign-in")
            token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]
            form = {"_csrf_token": token, "email": "nobody@example.org"}
            answers = [(await client.post("/sign-in", data=form)).status_code for _ in range(12)]
            spoofed = await client.post("/sign-in", data=form, headers={"X-Forwarded-For": "203.0.113.7"})
            other = await client.post("/events/none/send-link", data=form)
            print(answers.count(200), answers.count(429), spoofed.status_code, other.status_code)

asyncio.run(main())
"""


def test_the_eleventh_sign_in_of_a_minute_is_refused_and_other_forms_are_not(tmp_path):
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")},
        "EVENTHUB_DATABASE_URL": f"sqlite:///{tmp_path}/limits.sqlite",
        "EVENTHUB_RATE_LIMITS": "on",
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=env, check=False)
    assert done.stdout.strip() == "10 2 429 404", done.stderr[-2000:]
