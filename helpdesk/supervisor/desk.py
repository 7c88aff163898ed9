"""Starts the desk in order, keeps it running, and stops it in reverse order."""

import time
from collections.abc import Callable, Sequence
from types import FrameType

from helpdesk.embedded import postgres
from helpdesk.embedded.account import EmbeddedError
from helpdesk.processes import ProcessError, Program, tail
from helpdesk.supervisor import programs
from helpdesk.supervisor.announcement import announcement
from helpdesk.supervisor.child import Child
from helpdesk.supervisor.emptying import is_asked_to_end
from helpdesk.supervisor.errand import Errand
from helpdesk.supervisor.plan import Plan, StartError
from helpdesk.supervisor.register import Register
from helpdesk.supervisor.words import padded, words

TICK = 0.1
LOG_CHECKS = 5.0
STEP_WIDTH = 32
# The page that says that the demo ends is still to be shown whole.
SECONDS_TO_SAY_SO = 2.0
PATIENCE_WITH_START = 60.0
PATIENCE_WITH_SIGNS_OF_LIFE = 3.0
DEATHS_AT_START = 4
WITH_PORT = {"web", "events"}
# Together below ten seconds: first the desk's own processes, then the servers they write to.
PATIENCE_WITH_PROCESSES = 6.5
PATIENCE_WITH_SERVERS = 3.0


class DemoEndedError(Exception):
    """Somebody has asked for an empty desk, and this one has stopped."""


class Desk:
    """Every process of one desk."""

    def __init__(self, plan: Plan, *, register: Register, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._register = register
        self._say = say
        self._servers: list[Child] = []
        self._processes: list[Child] = []
        self._errands: list[Errand] = []
        self._is_stopping = False
        self._next_log_check = 0.0
        self._demo_ends_at: float | None = None

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Take note of a signal; the next tick acts on it."""
        self._is_stopping = True

    def run(self) -> None:
        """Start everything and keep it running until somebody asks to stop. Raises DemoEndedError
        when it has stopped to be emptied."""
        try:
            self._start()
            while True:
                self._tick()
        except KeyboardInterrupt:
            self._say("\n" + words("stopping"))
        finally:
            self._stop()
        self._say(words("stopped", data_dir=self._plan.data_dir))

    def _start(self) -> None:
        self._plan.logs.mkdir(parents=True, exist_ok=True)
        self._start_servers()
        self._prepare()
        self._start_processes()

    def _start_servers(self) -> None:
        for program in programs.servers(self._plan):
            child = Child(program, logs=self._plan.logs)
            self._servers.append(child)
            self._start_child(child)
            self._wait_until_ready([child])
        if self._plan.own_database:
            postgres.create_database(self._plan.data_dir)

    def _prepare(self) -> None:
        started = time.monotonic()
        preparation = self._run_errand(programs.preparation(self._plan))
        if preparation.has_failed:
            raise self._cannot_start(preparation)
        self._say_step(preparation.name, time.monotonic() - started)

    def _start_processes(self) -> None:
        # The page first: starting all at once would make it wait for its share of the processor.
        first, *others = programs.processes(self._plan)
        self._start_child(self._new_process(first))
        self._wait_until_ready(self._processes)
        for program in others:
            self._start_child(self._new_process(program))
        link = self._secret_link()
        self._wait_until_ready([child for child in self._processes if child.name in WITH_PORT])
        self._wait_for_signs_of_life()
        self._say(announcement(self._plan, secret_link=link))

    def _secret_link(self) -> str:
        """It is told to whoever looks at the terminal, and kept nowhere."""
        wanted = programs.demo_link if self._plan.demo else programs.setup_link
        errand = self._run_errand(wanted(self._plan))
        if errand.has_failed:
            return ""
        link = errand.output()
        errand.log.unlink()
        return link

    def _new_process(self, program: Program) -> Child:
        child = Child(program, logs=self._plan.logs)
        self._processes.append(child)
        return child

    def _run_errand(self, program: Program) -> Errand:
        errand = Errand(program, logs=self._plan.logs)
        self._errands.append(errand)
        while errand.is_running:
            self._tick()
        return errand

    def _wait_until_ready(self, children: Sequence[Child]) -> None:
        deadline = time.monotonic() + PATIENCE_WITH_START
        while waiting := [child for child in children if not child.is_ready]:
            self._tick()
            late = time.monotonic() > deadline
            if lost := [child for child in waiting if late or child.deaths >= DEATHS_AT_START]:
                raise self._cannot_start(lost[0])

    def _wait_for_signs_of_life(self) -> None:
        """Let the last lines come before the block, but never hold it up for long."""
        deadline = time.monotonic() + PATIENCE_WITH_SIGNS_OF_LIFE
        while time.monotonic() < deadline and not all(child.is_ready for child in self._processes):
            self._tick()

    def _tick(self) -> None:
        """Look at every process once: who died, who may start again, who became ready."""
        if self._is_stopping:
            raise KeyboardInterrupt
        self._look_for_the_end_of_the_demo()
        for child in self._children:
            self._look_at(child)
        self._shorten_logs()
        time.sleep(TICK)

    def _look_for_the_end_of_the_demo(self) -> None:
        if not (self._plan.can_start_empty and is_asked_to_end(self._plan.data_dir)):
            return
        if self._demo_ends_at is None:
            self._demo_ends_at = time.monotonic() + SECONDS_TO_SAY_SO
            self._say("\n" + words("emptying"))
        elif time.monotonic() >= self._demo_ends_at:
            raise DemoEndedError

    def _look_at(self, child: Child) -> None:
        if (code := child.find_dead()) is not None:
            self._say_death(child, code)
        if child.is_due():
            self._start_child(child)
        if child.check_ready():
            self._say_ready(child)
        if child.find_late():
            self._say(f"  {words(child.name)} {words('unready', log=child.log)}")

    def _start_child(self, child: Child) -> None:
        try:
            child.start()
        except (EmbeddedError, ProcessError, OSError) as failure:
            if not child.deaths:
                raise StartError(str(failure)) from failure
            # It ran before, so the cause may pass: a full disk, a directory out of reach.
            child.put_off(lived=0)
            self._say(str(failure))
        self._register.write(url=self._plan.base_url, children=self._children)

    @property
    def _children(self) -> list[Child]:
        return [*self._servers, *self._processes]

    def _shorten_logs(self) -> None:
        if time.monotonic() < self._next_log_check:
            return
        self._next_log_check = time.monotonic() + LOG_CHECKS
        for child in self._children:
            child.shorten_log()

    def _stop(self) -> None:
        for errand in self._errands:
            errand.abandon()
        for group, patience in (
            (self._processes, PATIENCE_WITH_PROCESSES),
            (self._servers, PATIENCE_WITH_SERVERS),
        ):
            self._stop_group(group, patience=patience)

    def _stop_group(self, group: Sequence[Child], *, patience: float) -> None:
        deadline = time.monotonic() + patience
        for child in reversed(group):
            child.ask_to_stop()
        for child in reversed(group):
            child.wait(until=deadline)

    def _cannot_start(self, lost: Child | Errand) -> StartError:
        said = tail(lost.log)
        return StartError(
            "\n".join(
                [
                    words("failed", name=words(lost.name), log=lost.log),
                    *(f"  | {line}" for line in said.splitlines()),
                    words("failed_next"),
                ]
            )
        )

    def _say_ready(self, child: Child) -> None:
        if child.deaths:
            self._say("  " + words("back", name=words(child.name)))
        else:
            self._say_step(child.name, child.seconds_to_ready)

    def _say_step(self, name: str, seconds: float) -> None:
        self._say(f"  {padded(words(name), STEP_WIDTH)}{words('seconds', seconds=seconds):>8}")

    def _say_death(self, child: Child, code: int) -> None:
        delay = max(0.0, child.start_again_at - time.monotonic())
        self._say("  " + words("died", name=words(child.name), code=code, delay=delay))
        for line in tail(child.log, lines=8).splitlines():
            self._say(f"    | {line}")
