"""Pages for the browser tests: opened when they stand still, and watched for errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlparse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, expect

PATIENCE = 120_000  # for what computes, such as a run: three seconds on an idle machine, fifty on a very busy one
LOCAL = {"127.0.0.1", "localhost", ""}

# Whether a page stands still: laid out, its callbacks answered, its charts drawn, for three frames running. What a
# clock asks again and again, such as how far a run is, does not count.
STANDS_STILL = """() => {
  if (!document.getElementById("react-entry-point")) return true;
  const byClock = ({ changedPropIds }) => {
    const causes = Object.keys(changedPropIds || {});
    return causes.length > 0 && causes.every((cause) => cause.endsWith(".n_intervals"));
  };
  const busy = () => {
    if (!window.store) return true;
    const { appLifecycle, callbacks } = window.store.getState();
    const stages = ["requested", "prioritized", "blocked", "executing", "watched", "executed"];
    return appLifecycle !== "HYDRATED" || stages.some((stage) => callbacks[stage].some((each) => !byClock(each)))
      || !document.querySelector("#page > *")
      || document.getAnimations().some((each) => each instanceof CSSTransition && each.playState === "running")
      || [...document.querySelectorAll(".dash-graph--pending")].some((graph) => graph.checkVisibility());
  };
  window.framesStill = busy() ? 0 : (window.framesStill || 0) + 1;
  return window.framesStill >= 3;
}"""


def stands_still(page: Page) -> None:
    """Wait until a page can be used as it stands: nothing that is still to come moves it or closes a menu on it.

    Opening and reloading a page wait by themselves; a test says it where a tab is changed, or a callback redraws much.
    """
    page.evaluate("window.framesStill = 0")
    page.wait_for_function(STANDS_STILL, timeout=PATIENCE)


def patient(page: Page) -> Page:
    """A page whose ``goto`` and ``reload`` return when the page stands still, so that no test can be too early."""
    goto, reload = page.goto, page.reload

    def opened(*wanted: Any, **options: Any) -> Any:
        answer = goto(*wanted, **options)
        stands_still(page)
        return answer

    def opened_again(**options: Any) -> Any:
        answer = reload(**options)
        stands_still(page)
        return answer

    page.goto, page.reload = opened, opened_again  # type: ignore[method-assign]  # for this page only
    page.set_default_timeout(15_000)
    return page


def scrolls_sideways(page: Page) -> bool:
    """Whether a page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def serious_faults(page: Page) -> list[tuple[str, list[Any]]]:
    """What a page that stands still keeps from people who cannot see or point well: each rule, and where."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found if v["impact"] in ("serious", "critical")]


def to_dark(page: Page) -> None:
    """Turn a page from light to dark, with its own switch."""
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    stands_still(page)


@contextmanager
def answers_late(page: Page, *outputs: str) -> Iterator[None]:
    """The next answer that changes each of these outputs is held until all are asked for; they come in this order."""
    held: dict[str, Route] = {}

    def hold(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}").get("output", "")
        name = next((o for o in outputs if o in asked and o not in held), None)
        if name is None:
            route.continue_()
        else:
            held[name] = route

    page.route("**/_dash-update-component*", hold)
    try:
        yield
        while len(held) < len(outputs):
            page.wait_for_timeout(20)
        for name in outputs:
            with page.expect_response(held[name].request.url):
                held[name].continue_()
            page.wait_for_timeout(100)
    finally:
        page.unroute("**/_dash-update-component*", hold)


@contextmanager
def fresh_page(context: BrowserContext) -> Iterator[Page]:
    """A page that knows nothing of pages before it. Fails on console errors, failed requests, and other machines'."""
    page = patient(context.new_page())
    wrong: list[str] = []
    origins: set[str] = set()

    def asked(url: str) -> None:
        address = urlparse(url)
        if (address.hostname or "") not in LOCAL:
            wrong.append(f"outside: {url}")
        elif address.scheme.startswith("http"):
            origins.add(f"{address.scheme}://{address.netloc}")

    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    page.on("request", lambda r: asked(r.url))
    try:
        yield page
    finally:
        page.unroute_all(behavior="ignoreErrors")
        _forget(context, page, origins)
    assert not wrong, wrong


def _forget(context: BrowserContext, page: Page, origins: set[str]) -> None:
    """Close a page, with all that it had the browser keep; compiled scripts stay."""
    session = context.new_cdp_session(page)
    with suppress(Exception):  # a page that is about to load goes on without an answer
        page.goto("about:blank")
    for origin in origins:
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,cookies"})
    page.close()
    context.clear_permissions()
