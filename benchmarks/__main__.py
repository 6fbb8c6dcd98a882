"""python -m benchmarks: run all benchmarks, print results and write RESULTS.md beside this file."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    budgets,
    inprocess,
    journal,
    machine,
    no_socket,
    peers,
    report,
    startup,
    throughput,
)  # fmt: skip
from benchmarks.load import exchange
from benchmarks.servers import running, the_fake, the_limit
from contracts.spec.loader import Spec

RESULTS = Path(__file__).with_name("RESULTS.md")
FULL_TASKS, QUICK_TASKS = (100_000, 1_000_000), (20_000, 100_000)
EXCHANGES = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short bursts and fewer tasks")
    parser.add_argument("--no-peers", action="store_true", help="only the fake and the bare server")
    parser.add_argument("--rounds", type=int, help="rounds of each row (default 5, --quick 3)")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that every server is stopped
    try:
        run(options.quick, not options.no_peers, options.rounds or (3 if options.quick else 5))
    except KeyboardInterrupt:
        raise SystemExit("stopped; nothing was written") from None


def run(quick: bool, with_peers: bool, rounds: int) -> None:
    print_line: Callable[[str], None] = lambda line: print(line, flush=True)  # noqa: E731
    about = machine.describe()
    for line in about:
        print_line(line)
    spec = Spec.load()
    fake = the_fake(spec)
    with running(fake) as (port, _, _):
        requests = fake.requests(port)
        answers = {row: exchange(port, sent.data) for row, sent in requests.items()}
    servers = [the_limit(answers, requests), fake]
    servers += peers.available(spec, print_line) if with_peers else []
    seconds = 0.4 if quick else 1.0
    began = startup.measure(servers, rounds, print_line)
    verdicts = budgets.of_startup(began, fake.name)
    lifecycles = inprocess.child("lifecycle", "100" if quick else "500")
    verdicts += _printed(budgets.of_lifecycle(lifecycles), print_line)
    for number in QUICK_TASKS if quick else FULL_TASKS:
        verdicts += _printed(
            budgets.of_tasks(number, inprocess.child("tasks", str(number))), print_line
        )
    verdicts += _printed(budgets.of_journal(EXCHANGES, journal.child(EXCHANGES)), print_line)
    without_socket = no_socket.child()
    verdicts = [*_printed(budgets.of_no_socket(without_socket), print_line), *verdicts]
    traffic = throughput.measure(servers, rounds, seconds, print_line)
    verdicts = [*budgets.of_traffic(traffic, servers), *verdicts]
    print_line("")
    for verdict in verdicts:
        print_line(f"{verdict.name:62} {verdict.budget:18} {verdict.measured:28} {verdict.text}")
    how = f"{rounds} rounds of {seconds} s a row" + (", --quick" if quick else "")
    text = report.markdown(about, verdicts, traffic, without_socket, servers, began, how)
    RESULTS.write_text(text)


def _printed(
    verdicts: list[budgets.Verdict], print_line: Callable[[str], None]
) -> list[budgets.Verdict]:
    for verdict in verdicts:
        print_line(f"{verdict.name}: {verdict.measured}")
    return verdicts


if __name__ == "__main__":
    main()
