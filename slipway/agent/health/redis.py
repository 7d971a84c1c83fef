"""Check whether a Redis server answers PING."""

from __future__ import annotations

from slipway.agent.deadline import Deadline, connect

LONGEST = 512  # bytes of an answer that are read


def fault(address: str, port: int, timeout: float) -> str:
    """Empty when it is ready: also when it requires a password.

    Raises OSError when there is no answer.
    """
    with connect(address, port, Deadline(timeout)) as connection:
        connection.sendall(b"PING\r\n")
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < LONGEST:
            part = connection.recv(LONGEST)
            if not part:
                break
            answer += part
    text = answer.decode(errors="replace").strip()
    if text == "+PONG" or text.startswith("-NOAUTH"):
        return ""
    return text.lstrip("-")[:200] or "closed the connection"
