"""Forty values that no report and no event may hold, each planted in a place of its own."""

WHERE = (
    "email",
    "name",
    "password",
    "organization",
    "handle",
    "post_text",
    "picture_name",
    "alt_text",
    "field_name",
    "field_value",
    "json_value",
    "path",
    "query",
    "query_name",
    "header",
    "user_agent",
    "referer",
    "authorization",
    "forwarded_for",
    "remote_address",
    "cookie",
    "session_value",
    "message",
    "cause_message",
    "context_message",
    "note_on_error",
    "local",
    "local_object",
    "argument",
    "keyword",
    "sql_parameter",
    "sql_literal",
    "database_detail",
    "class_name",
    "function_name",
    "module_name",
    "job_argument",
    "job_message",
    "command_argument",
    "command_message",
    "clock_message",
    "engine_message",
    "network_answer",
    "log_message",
    "log_argument",
    "structured_log",
    "environment",
    "breadcrumb",
    "tag",
    "extra",
    "transaction",
    "release",
)


class Canaries:
    """`canaries["email"]` plants one; `unplanted` are those that a test forgot."""

    def __init__(self) -> None:
        self.values = {where: f"kanari{number:02d}{where}" for number, where in enumerate(WHERE)}
        self.values["remote_address"] = "203.0.113.77"
        self.values["forwarded_for"] = "198.51.100.66"
        self.planted: set[str] = set()

    def __getitem__(self, where: str) -> str:
        self.planted.add(where)
        return self.values[where]

    @property
    def unplanted(self) -> set[str]:
        return set(self.values) - self.planted

    def found_in(self, text: bytes) -> list[str]:
        """Those that stand in it, in whatever letter case."""
        folded = text.decode(errors="replace").casefold()
        return sorted(w for w, value in self.values.items() if value.casefold() in folded)
