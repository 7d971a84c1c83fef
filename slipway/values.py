"""`@dataclass(frozen=True)` for what servers run: the same values, at a tenth of the price.

A step of the agent is a tenth of a second of a processor, and the standard library's decorator was
two fifths of that: it reads `inspect`, and compiles five methods for each of forty classes. Here
all classes share theirs. The names are the standard library's, which type checkers see instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["MISSING", "Field", "asdict", "dataclass", "field", "fields", "is_dataclass", "replace"]

if TYPE_CHECKING:
    from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass, replace
else:
    MISSING = object()

    class Field:
        """A field by its name, with its default or with what makes one."""

        __slots__ = ("default", "default_factory", "name")

        def __init__(self, default, default_factory):
            self.default = default
            self.default_factory = default_factory

    def field(*, default=MISSING, default_factory=MISSING):
        """A field whose default is made anew for each value."""
        return Field(default, default_factory)

    def dataclass(*, frozen):
        """Give a class the methods of a value; its fields are its own annotations."""
        if not frozen:
            raise TypeError("a value never changes")
        return _value

    def fields(value):
        """The fields of a value or of its class."""
        return tuple(value.__dataclass_fields__.values())

    def is_dataclass(value):
        """Whether it is a value, or the class of one; also of the standard library's."""
        return hasattr(value, "__dataclass_fields__")

    def replace(value, **changes):
        """An equal value but for some fields. Raises TypeError for unknown ones."""
        return type(value)(**{**_contents(value), **changes})

    def asdict(value):
        """All fields by name, those of values in fields too."""
        return {name: _plain(content) for name, content in _contents(value).items()}

    def _value(kind):
        found = dict(getattr(kind, "__dataclass_fields__", {}))
        for name in kind.__annotations__:
            default = kind.__dict__.get(name, MISSING)
            if isinstance(default, Field):
                delattr(kind, name)
            else:
                default = Field(default, MISSING)
            default.name = name
            found[name] = default
        kind.__dataclass_fields__ = found
        for name, method in _SHARED.items():
            if name not in kind.__dict__:
                setattr(kind, name, method)
        return kind

    def _contents(value):
        return dict(zip(value.__dataclass_fields__, _row(value)))

    def _row(value):
        # Not all of its __dict__, where cached properties are too.
        return tuple(map(value.__dict__.__getitem__, value.__dataclass_fields__))

    def _plain(content):
        if is_dataclass(content):
            return asdict(content)
        if isinstance(content, (tuple, list)):
            return type(content)(map(_plain, content))
        if isinstance(content, dict):
            return {key: _plain(each) for key, each in content.items()}
        return content

    def _init(self, *given, **named):
        known = self.__dataclass_fields__
        if len(given) > len(known):
            raise TypeError(f"{type(self).__name__}: {len(given)} values for {len(known)} fields")
        first = dict(zip(known, given))
        if wrong := [name for name in named if name in first or name not in known]:
            raise TypeError(f"{type(self).__name__}: {', '.join(wrong)}: unknown or given twice")
        told, contents = {**first, **named}, self.__dict__
        for name, each in known.items():
            if name in told:
                contents[name] = told[name]
            elif each.default_factory is not MISSING:
                contents[name] = each.default_factory()
            elif each.default is not MISSING:
                contents[name] = each.default
            else:
                raise TypeError(f"{type(self).__name__}: {name} is missing")

    def _repr(self):
        told = (f"{name}={content!r}" for name, content in _contents(self).items())
        return f"{type(self).__qualname__}({', '.join(told)})"

    def _eq(self, other):
        return _row(self) == _row(other) if type(other) is type(self) else NotImplemented

    def _hash(self):
        return hash(_row(self))

    def _refuse(self, name: str, *_: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")

    _SHARED = {
        "__init__": _init,
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
