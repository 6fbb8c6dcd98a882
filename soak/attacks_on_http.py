"""Attacks on the HTTP parser: headers, bodies, connections, and bytes that are not HTTP."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import AsyncExitStack

from soak.attacks import ATTACKS, CLOSED_WITHIN, MOST_OF_A_HEAD, AttackSucceeded, Target, attack
from soak.wire import HANG, Connection, request

POLL = "/api/v1/tasks/5f0e3c1a-0000-4000-8000-000000000000"
DETECT = "/api/v1/services/aigc/image2video/face-detect"
KEY = "sk-soak-hostile"
CLOSE = "Connection: close\r\n"
REFUSED_WITHIN = 5.0  # seconds until too long headers are refused
SMALL = 4096  # bytes of a receive buffer that is full soon if the client does not read
MANY = 150  # connections, more than the descriptors of the narrow fake
NO_READ = 3.0  # seconds without reading
# The beginning of a TLS 1.2 ClientHello.
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(189))


async def _endless(target: Target, start: bytes, piece: bytes) -> None:
    """Send pieces until an answer arrives. It must arrive long before all pieces are sent."""
    async with target.connect() as line:
        answer = asyncio.ensure_future(line.reader.read(1 << 16))
        answer.add_done_callback(lambda read: read.cancelled() or read.exception())
        await line.send(start)
        for _ in range(MOST_OF_A_HEAD // len(piece)):
            if answer.done():
                break
            await line.send(piece)
            await asyncio.sleep(0)
        try:
            target.judge(await asyncio.wait_for(answer, REFUSED_WITHIN))
        except TimeoutError:
            raise AttackSucceeded(f"{MOST_OF_A_HEAD} bytes of a head were read") from None


@attack()
async def a_head_of_endless_lines(target: Target) -> None:
    await _endless(target, f"GET {POLL} HTTP/1.1\r\n".encode(), b"a: b\r\n" * 2000)


@attack()
async def an_endless_header(target: Target) -> None:
    await _endless(target, f"GET {POLL} HTTP/1.1\r\na: ".encode(), b"b" * 16384)


@attack()
async def an_endless_url(target: Target) -> None:
    await _endless(target, b"GET /api/v1/tasks/", b"a" * 16384)


@attack()
async def endless_trailers(target: Target) -> None:
    chunked = request("POST", DETECT, key=KEY, headers="Transfer-Encoding: chunked\r\n")
    await _endless(target, chunked + b"0\r\n", b"a: b\r\n" * 2000)


async def _slow(target: Target, start: bytes, drop: bytes) -> None:
    """Send a few bytes each second until the server closes the connection."""
    loop = asyncio.get_running_loop()
    until = loop.time() + CLOSED_WITHIN
    async with target.connect() as line:
        await line.send(start)
        while not line.reader.at_eof():
            if loop.time() > until:
                raise AttackSucceeded(f"still connected after {CLOSED_WITHIN:.0f} s")
            await line.send(drop)
            await asyncio.sleep(1)


@attack()
async def a_slow_head(target: Target) -> None:
    await _slow(target, f"GET {POLL} HTTP/1.1\r\n".encode(), b"a: b\r\n")


@attack()
async def a_slow_body(target: Target) -> None:
    await _slow(target, request("POST", DETECT, b"x" * 900_000, key=KEY)[:-900_000], b"x")


async def _silent(line: Connection) -> None:
    try:
        await line.read_to_end(CLOSED_WITHIN)
    except TimeoutError:
        raise AttackSucceeded(f"still connected after {CLOSED_WITHIN:.0f} s") from None


@attack()
async def silence(target: Target) -> None:
    async with target.connect() as line:
        await _silent(line)


@attack()
async def silence_after_an_answer(target: Target) -> None:
    async with target.connect() as line:
        await line.ask(request("GET", POLL, key=KEY))
        await _silent(line)


@attack("narrow", pause=3)
async def more_connections_than_descriptors(target: Target) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MANY):
            await stack.enter_async_context(target.connect())
        await asyncio.sleep(NO_READ)


EXHAUSTING = ATTACKS[-1].name


@attack()
async def pipelining_without_reading(target: Target) -> None:
    async with target.connect(SMALL) as line:
        line.writer.write(request("GET", POLL, key=KEY) * 3000)
        await asyncio.sleep(NO_READ)


@attack()
async def half_closed(target: Target) -> None:
    async with target.connect() as line:
        await line.send(request("GET", POLL, key=KEY, headers=CLOSE))
        line.writer.write_eof()
        target.judge(await line.read_to_end(HANG))


@attack()
async def a_reset_in_the_body(target: Target) -> None:
    async with target.connect() as line:
        await line.send(request("POST", DETECT, b"x" * 5000, key=KEY)[:-1000])
        sock = line.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@attack()
async def tls(target: Target) -> None:
    await target.throw(CLIENT_HELLO + b"\r\n\r\n")


@attack()
async def random_bytes(target: Target) -> None:
    async with target.connect() as line:
        await line.send(target.chance.randbytes(target.chance.randrange(1, 20_000)))
        line.writer.write_eof()
        target.judge(await line.read_to_end(HANG))


@attack()
async def a_damaged_request(target: Target) -> None:
    data = bytearray(request("POST", DETECT, b'{"model": "emo-detect-v1"}', key=KEY, headers=CLOSE))
    for _ in range(target.chance.randrange(1, 6)):
        data[target.chance.randrange(len(data))] = target.chance.randrange(256)
    async with target.connect() as line:
        await line.send(bytes(data))
        line.writer.write_eof()
        target.judge(await line.read_to_end(HANG))


@attack()
async def both_lengths(target: Target) -> None:
    both = f"{CLOSE}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
    await target.throw(request("POST", DETECT, key=KEY, headers=both) + b"0\r\n\r\n")


OFFERS = ("websocket", "h2c", "TLS/1.2", "H2C", "foo, h2c", "h2c, HTTP/2.0")


@attack()
async def an_upgrade_offer_with_a_body(target: Target) -> None:
    offer = target.chance.choice(OFFERS)
    more = f"Connection: Upgrade, close\r\nUpgrade: {offer}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    hidden = request("GET", POLL, key=KEY)
    came = await target.throw(request("POST", DETECT, hidden, key=KEY, headers=more), at_least=1)
    if target.judge(came) != 1:
        raise AttackSucceeded(f"the body of an offer of {offer} was answered as a request")


@attack()
async def text_that_a_terminal_obeys(target: Target) -> None:
    evil = "\\u001b]0;x\\u0007\\u202e\\n[/b]"
    path = "/api/v1/tasks/%1b%5b2J%0d%0aevil%9b31m[/b]"
    body = f'{{"model": "{evil}", "input": {{"image_url": "{evil}"}}}}'.encode()
    headers = f"{CLOSE}User-Agent: \x9b31m[/b]\t\r\n"
    await target.throw(request("GET", path, key=KEY, headers=headers), at_least=1)
    await target.throw(request("POST", DETECT, body, key=KEY, headers=headers), at_least=1)
