"""Time that passes only when somebody sleeps, so that an hour of many workers takes a second."""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.support.builders import NOON


class VirtualTime:
    """A clock for code in one thread, and for threads that take turns: each runs while the others sleep."""

    def __init__(self, start: datetime = NOON) -> None:
        self._seconds = start.timestamp()
        self._order = count()
        self._sleepers: list[tuple[float, int, threading.Semaphore]] = []
        self._errors: list[BaseException] = []

    def seconds(self) -> float:
        """Return epoch seconds."""
        return self._seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds, UTC)

    def left_until(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds - self._seconds)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and others run meanwhile."""
        assert seconds >= 0
        due = self._seconds + seconds
        if not self._sleepers or self._sleepers[0][0] > due:
            self._seconds = due
            return
        turn = threading.Semaphore(0)
        heapq.heappush(self._sleepers, (due, next(self._order), turn))
        self._wake_next()
        turn.acquire()

    def run(self, *threads: Callable[[], None]) -> None:
        """Run all to their ends, one at a time; the first starts. Raises the first error of any."""
        workers = []
        for thread in threads:
            turn = threading.Semaphore(0)
            heapq.heappush(self._sleepers, (self._seconds, next(self._order), turn))
            workers.append(threading.Thread(target=self._take_turns, args=(turn, thread), daemon=True))
        for worker in workers:
            worker.start()
        self._wake_next()
        for worker in workers:
            worker.join()
        if self._errors:
            raise self._errors[0]

    def _take_turns(self, turn: threading.Semaphore, thread: Callable[[], None]) -> None:
        turn.acquire()
        try:
            thread()
        except BaseException as error:  # noqa: BLE001 - raised by run
            self._errors.append(error)
        finally:
            self._wake_next()

    def _wake_next(self) -> None:
        if self._sleepers:
            due, _, turn = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, due)
            turn.release()
