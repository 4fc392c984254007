"""SQL is compiled once in a process: each test has an engine of its own, whose cache would begin empty."""

from typing import Any

from sqlalchemy import Connection


class _ByKindOfDialect(dict[Any, Any]):
    """SQLAlchemy's key begins with an engine's dialect; what one of a kind has compiled is good for another."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), compiled)


_compiled = _ByKindOfDialect()


def share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
