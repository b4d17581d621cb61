"""Killed with -9 in the middle of inserts, again and again: every row that was acknowledged is there after reopening."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time

import psutil
import pytest
from support.clickhouse_http import ask

from pipeline.embedded.clickhouse import EmbeddedClickHouse

KILLS = 4
ROWS = 512
WRITERS = 3


class Writer(threading.Thread):
    """Inserts blocks with numbers of its own until the server is gone; `acknowledged` are the blocks that got an answer."""

    def __init__(self, url, number):
        super().__init__()
        self.url, self.number, self.block = url, number, 0
        self.acknowledged = []

    def run(self):
        while True:
            first = (self.number << 32) + self.block * ROWS
            rows = "".join(f"{first + i}\n" for i in range(ROWS))
            try:
                answer = ask(self.url, rows, query="INSERT INTO kept.t FORMAT TSV", timeout=20)
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                self.acknowledged.append(first)
            self.block += 1


def engine_process(server):
    (child,) = psutil.Process(server.pid).children()
    return child.pid


@pytest.mark.timeout(240)
def test_acknowledged_rows_survive_every_kill(tmp_path):
    acknowledged = []
    for kill in range(KILLS):
        server = EmbeddedClickHouse(tmp_path).start()
        ask(server.url, "CREATE DATABASE IF NOT EXISTS kept")
        ask(server.url, "CREATE TABLE IF NOT EXISTS kept.t (n UInt64) ENGINE = MergeTree ORDER BY n")
        writers = [Writer(server.url, kill * WRITERS + number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(1.0 + 0.37 * kill)
        os.kill(engine_process(server), signal.SIGKILL)
        for writer in writers:
            writer.join()
        server.stop()
        acknowledged += [first for writer in writers for first in writer.acknowledged]
    assert len(acknowledged) > KILLS * WRITERS
    with EmbeddedClickHouse(tmp_path) as server:
        sql = f"SELECT intDiv(n, {ROWS}) * {ROWS} AS first, count() FROM kept.t GROUP BY first"
        answer = ask(server.url, sql)
        assert answer.status == 200, answer.text
        whole = {int(line.split("\t")[0]) for line in answer.text.splitlines() if line.endswith(f"\t{ROWS}")}
    assert set(acknowledged) <= whole
