"""Following a run: how far it is, what waits after it, what became of it, and the line in the header on every page.

The run itself is the server's (see segscope.web.jobs). A browser only asks how it stands, and only while it goes on.
What a run is asked for is chosen in segscope.web.clustering.form.
"""

from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, set_props

from segscope.recipe import METHOD_NAMES, Recipe
from segscope.study import LiveStudy
from segscope.web import handwork, parts
from segscope.web.attributes import aria
from segscope.web.jobs import Job
from segscope.web.pressing import press
from segscope.web.shell import address
from segscope.web.studies import Studies
from segscope.wording import counted, percent

STUDY, REFRESH, JOB, ASKED, CLOCK, HEADER = "study", "refresh", "job", "job-asked", "job-clock", "header-job"
RUN, UNDO, RECOMMENDED, CANCEL = "rerun-run", "rerun-undo", "rerun-recommended", "rerun-cancel"
PROGRESS, BAR, STAGE, WAITING, OUTCOME = (
    "rerun-progress", "rerun-bar", "rerun-stage", "rerun-waiting", "rerun-outcome",
)  # fmt: skip
ENOUGH_TO_ESTIMATE = 0.1  # of a run
QUICK_MILLISECONDS, CALM_MILLISECONDS = 300, 1500  # between two questions about a run
QUICK_SECONDS = 10.0


def register(app: Dash, studies: Studies) -> None:
    """Keep the header in step with what runs, and the browser with what was written."""

    @app.callback(
        Output(JOB, "data"),
        Output(CLOCK, "disabled"),
        Output(CLOCK, "interval"),
        Output(HEADER, "children"),
        Input(CLOCK, "n_intervals"),
        Input(STUDY, "data"),
        Input(ASKED, "data"),
        State(JOB, "data"),
    )
    def _follow(
        _ticks: int | None, study: dict[str, str] | None, _asked: object, before: dict[str, Any] | None
    ) -> tuple[object, bool, int, object]:
        job = studies.jobs.latest(study["id"]) if study else None
        known = job is not None and was_told(job, before)
        if study and (job is None or (known and job.status != "running")):
            studies.looked_at(study["id"])  # not before the end of a run is told: what follows would hide it
            job = studies.jobs.latest(study["id"])
        if study and job:
            _announce(studies.get(study["id"]), study["fit"], job, ctx.triggered_id == CLOCK and not known)
        over = job is None or (job.status != "running" and was_told(job, before))
        if study and studies.is_loading(study["id"]):
            over = False  # what it is looked at for begins when its customers are there
        return told(studies, job, before), over, pace(job), header_line(job)


def pace(job: Job | None) -> int:
    """Milliseconds until a browser asks again: soon where somebody waits for it, seldom for evidence or a long run."""
    waited_for = job is not None and not job.order.complete and job.seconds < QUICK_SECONDS
    return QUICK_MILLISECONDS if waited_for else CALM_MILLISECONDS


def was_told(job: Job, before: dict[str, Any] | None) -> bool:
    """Whether the browser knows already how a run stands."""
    return before is not None and (before["number"], before["status"]) == (job.number, job.status)


def _announce(live: LiveStudy, shown: str, job: Job, just_now: bool) -> None:
    """Show the new segmentation where the old one is still shown, and say on any page what became of a run."""
    if shown != live.stamp:
        set_props(REFRESH, {"data": live.stamp})
    if job.order.complete:
        return
    if just_now and job.status == "done" and (job.order.by_hand or job.order.step):
        set_props("toast", {"children": handwork.told(live, job.order.step)})
    elif just_now and job.status == "done":
        set_props(
            "toast", {"children": f"{counted(len(live.fit.segments), 'segment')} now, fitted in {job.seconds:.1f} s."}
        )
    elif just_now and job.status == "failed":
        set_props("toast", {"children": f"The run failed. {job.message}"})


def told(studies: Studies, job: Job | None, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """A run as the browser knows it, with those that wait for it, and the last one that somebody asked for.

    Parameters
    ----------
    before : what the browser knew: while evidence is completed, it goes on to tell of the run before
    """
    if job is None:
        return None
    now = as_data(job)
    if job.status == "done" and job.order.recipe:
        now["was_kept"] = answered_at_once(studies.get(job.study_id), job)
    same = before is not None and before["study"] == job.study_id
    asked = (before["asked"] if before and same else None) if job.order.complete else now
    waiting = [what(other) for other in studies.jobs.waiting(job.study_id) if not other.order.complete]
    return {**now, "waiting": waiting, "asked": asked}


def as_data(job: Job) -> dict[str, Any]:
    """A run as the browser knows it."""
    return {
        "study": job.study_id,
        "number": job.number,
        "status": job.status,
        "stage": job.stage,
        "share": job.share,
        "message": job.message,
        "seconds": round(job.seconds, 1),
        "completes": job.order.complete,
        "what": what(job),
        "was_kept": False,
    }


def what(job: Job) -> str:
    """What a run that somebody asked for is to do, in words."""
    if job.order.solution:
        return "another solution that is kept"
    if job.order.step:
        return f"to {job.order.step} a change by hand"
    if job.order.by_hand:
        return handwork.what(job.order.by_hand)
    return asked_for(job.order.recipe) if job.order.recipe else job.order.shown


def asked_for(recipe: Recipe) -> str:
    """What a recipe asks for, in words.

    >>> asked_for(Recipe(columns=(), features=("a", "b"), segments=3))
    '3 segments from 2 features'
    >>> asked_for(Recipe(columns=(), features=("a",), method="ward", set_aside=True))
    'as many segments as the evidence supports, from 1 feature, by Ward, without unusual customers'
    """
    features = counted(len(recipe.features), "feature")
    many = counted(recipe.segments, "segment") if recipe.segments else "as many segments as the evidence supports,"
    how = f", by {METHOD_NAMES[recipe.method]}" if recipe.method != "kmeans" else ""
    return f"{many} from {features}{how}{', without unusual customers' if recipe.set_aside else ''}"


def answered_at_once(live: LiveStudy, job: Job) -> bool:
    """Whether a run found its recipe among the solutions that are kept: then the current one is not the newest."""
    return bool(job.order.recipe and live.card.kept and live.card.current != live.card.kept[-1])


def header_line(job: Job | None) -> object:
    """The line in the header while a run goes on; it leads to its progress."""
    if job is None or job.status != "running":
        return None
    doing = "Completing the evidence" if job.order.complete else "Changing" if job.order.by_hand else "Fitting"
    words: list[Any] = [html.Span(className="job-dot"), f"{doing}, {percent(job.share)}"]
    return dcc.Link(words, href=address(job.study_id, "clustering"), className="chip accent job-chip", title=job.stage)


def fill(share: float) -> html.Div:
    """The filled part of the progress bar."""
    return html.Div(className="progress-fill", style={"width": f"{max(2.0, 100 * share):.1f}%"})


def stage(job: dict[str, Any] | None) -> list[object]:
    """What a run does now, how long it has taken, and about how long is left."""
    if not job:
        return []
    left = time_left(job["seconds"], job["share"])
    took = f"{job['seconds']:.1f} s" + (f", {left}" if left else "")
    return [html.Strong(f"{job['stage']} …"), html.Span(took, className="muted")]


def time_left(seconds: float, share: float) -> str:
    """About how long a run still takes, once a tenth is done; "" before.

    >>> time_left(4.0, 0.2), time_left(300.0, 0.5), time_left(1.0, 0.05)
    ('about 16 s left', 'about 5 min left', '')
    """
    if not ENOUGH_TO_ESTIMATE <= share < 1:
        return ""
    left = seconds * (1 - share) / share
    return f"about {round(left / 60)} min left" if left >= 90 else f"about {max(1, round(left))} s left"


def waiting(job: dict[str, Any] | None) -> object:
    """The runs that wait for the one that goes on."""
    if not job or not job["waiting"]:
        return None
    items = [html.Li(asked) for asked in job["waiting"]]
    return [html.Span(f"{counted(len(items), 'run')} waiting: "), html.Ol(items)]


def outcome(job: dict[str, Any] | None) -> object:
    """What became of the last run that somebody asked for."""
    job = job["asked"] if job else None
    if not job or job["status"] == "running":
        return None
    if job["status"] == "failed":
        return parts.notice(
            [html.Strong("The run failed. "), job["message"], " What you see is the segmentation before it."], "bad"
        )
    if job["status"] == "cancelled":
        return parts.notice(f"Cancelled: {job['what']}. The segmentation is as it was.")
    kept = " It was kept from before, so nothing had to be computed." if job["was_kept"] else ""
    return html.P(f"Last run: {job['what']}, in {job['seconds']:.1f} s.{kept}", className="card-note")


def progress() -> html.Div:
    """How far a run is, with the button that stops it."""
    bar = html.Div(
        fill(0.0),
        id=BAR,
        className="progress",
        role="progressbar",
        **aria(label="How far the run is", valuemin=0, valuemax=100, valuenow=0),
    )
    below = html.Div(
        [
            html.Div(id=STAGE, className="progress-words"),
            html.Button("Cancel", id=CANCEL, className="button", **press("form", do=CANCEL)),
        ],
        className="progress-line",
    )
    waits = html.Div(id=WAITING, className="waiting")
    return html.Div([bar, below, waits], id=PROGRESS, className="progress-box", hidden=True)
