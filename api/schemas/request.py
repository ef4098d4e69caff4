"""What every request body has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator


class Request(BaseModel):
    """Unknown fields are refused: a misspelt field must not be lost in silence. So is U+0000, which PostgreSQL
    can't store in a text."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            raise ValueError("must not contain U+0000")
        return value
