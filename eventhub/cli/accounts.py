"""Accounts, sign-in links and API tokens."""

import click

from eventhub.cli import fail, main, run, show


@main.command("sign-in-link")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sign_in_link(email: str, as_json: bool) -> None:
    """
    Print a link that signs EMAIL in, once, within an hour.

    Example: eventhub sign-in-link admin@example.org
    """
    from eventhub.accounts.commands import make_sign_in_link
    from eventhub.accounts.rules import PRINTED_LINK_LIFE
    from eventhub.database import utc_now

    link = run(lambda: make_sign_in_link(email, now=utc_now(), life=PRINTED_LINK_LIFE))
    if link is None:
        fail(f"There is no active account for {email}.")
    show({"link": link}, as_json, link)


@main.group()
def account() -> None:
    """Accounts of staff."""


@account.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Name as colleagues know it.")
@click.option("--role", required=True, help="administrator, programme, organiser, reader or check-in.")
@click.option("--data-steward", is_flag=True, help="Show numbers of small groups by gender to this account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def account_add(email: str, name: str, role: str, data_steward: bool, as_json: bool) -> None:
    """
    Let EMAIL sign in.

    Example: eventhub account add ana@example.org --name "Ana" --role organiser
    """
    from eventhub.accounts.commands import add_account
    from eventhub.database import utc_now

    new = run(lambda: add_account(email, name=name, role=role, now=utc_now(), is_data_steward=data_steward))
    show({"id": str(new), "email": email, "role": role}, as_json, f"{email} can sign in now, as {role}.")


@account.command("steward")
@click.argument("email")
@click.option("--remove", is_flag=True, help="Show protected numbers again.")
def account_steward(email: str, remove: bool) -> None:
    """
    Let EMAIL see numbers of small groups by gender.

    Administrators see them anyway; everybody else sees protected numbers.

    Example: eventhub account steward ana@example.org
    """
    from eventhub.accounts.commands import set_data_steward
    from eventhub.database import utc_now

    run(lambda: set_data_steward(email, on=not remove, now=utc_now()))
    click.echo(f"{email} sees protected numbers now." if remove else f"{email} sees numbers of small groups now.")


@main.group()
def token() -> None:
    """Tokens for the JSON interface."""


@token.command("create")
@click.option("--account", "email", required=True, help="E-mail address of the account that the token acts for.")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def token_create(email: str, name: str, as_json: bool) -> None:
    """
    Print an API token, once.

    Example: eventhub token create --account ana@example.org --name website
    """
    from eventhub.accounts.commands import create_api_token
    from eventhub.database import utc_now

    made = run(lambda: create_api_token(email, name=name, now=utc_now()))
    show({"token": made}, as_json, made)
