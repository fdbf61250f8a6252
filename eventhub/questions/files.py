"""Files that answer questions, kept in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.database import share_clause, sql
from eventhub.questions.rules import KeptFile


async def keep_files(registration_id: UUID, files: Mapping[str, KeptFile], *, now: datetime) -> None:
    """Keep files by the id of their question, each in the place of the one before; a question removed just now keeps none."""
    for question_id, file in files.items():
        await sql(
            "INSERT INTO answer_file (id, registration, question, name, content_type, content, uploaded_at) "
            f"SELECT {{}}, {{}}, q.id, {{}}, {{}}, {{}}, {{}} FROM question q WHERE q.id = {{}}{share_clause()} "
            "ON CONFLICT (registration, question) DO UPDATE SET name = excluded.name, "
            "content_type = excluded.content_type, content = excluded.content, uploaded_at = excluded.uploaded_at",
            uuid4(),
            registration_id,
            file.name,
            file.content_type,
            file.content,
            now,
            UUID(question_id),
        )


async def drop_files(registration_id: UUID, question_ids: set[str]) -> None:
    """Delete files whose questions are answered no more."""
    for question_id in question_ids:
        await sql(
            "DELETE FROM answer_file WHERE registration = {} AND question = {}", registration_id, UUID(question_id)
        )
