#!/usr/bin/env python3
"""Uses the page of `scim serve --ui` as a person would, in a headless Chromium.

Users are created through SCIM, as identity providers do; the page must show each request as it comes, open it by
keyboard, take the buttons, and work without scripts. Texts must be readable in both color schemes, nothing may be wider
than a narrow window, and the browser must have nothing to complain about. Screenshots go to --shots, for people to look at.

Chromium and its driver are Debian's; where they are missing and this is root, they are installed.
"""

import argparse
import base64
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
PATIENCE = 15.0
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTER, TAB, SPACE, SHIFT = "\ue007", "\ue004", " ", "\ue008"
EVIL = "<script>document.title='owned'</script>\"'&"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--scim", required=True, help="the binary")
    options.add_argument("--shots", type=pathlib.Path, required=True, help="where screenshots go")
    options = options.parse_args()
    options.shots.mkdir(parents=True, exist_ok=True)
    install()
    faults = ["--fault", "GET /Groups #2 503 retry-after 1"]
    with Mock(options.scim, ["--token", "t", "--check", *faults]) as mock, Browser() as browser:
        page = Page(browser, mock, options.shots)
        for step in [first_look, arrival, escaping, buttons, keyboard, filtering, controls, readable, without_scripts, goodbye]:
            step(page)
            browser.complaints(step.__name__)
            print(f"ok  {step.__name__.replace('_', ' ')}")


# ---- What is tried.


def first_look(page):
    """An empty mock says how to reach it."""
    page.browser.size(1280, 900)
    page.open()
    page.wait("the page is live", "return document.getElementById('live').textContent === 'live'")
    text = page.text("#empty")
    for wanted in ["Waiting for the first request", "/scim/v2", "Okta", "Entra ID", "--token"]:
        check(wanted in text, f"the empty page says {wanted!r}")
    check(page.mock.url in page.text("#base"), "the base URL is there")
    for scheme in ["light", "dark"]:
        page.browser.scheme(scheme)
        page.legible(f"empty, {scheme}")
        page.shot(f"empty-{scheme}-1280")
    page.browser.scheme("light")


def arrival(page):
    """A request arrives without a reload; it opens by keyboard."""
    page.script("window.stayed = true")
    page.ada = page.mock.create("ada@example.com", "Ada Lovelace")
    row = "document.querySelector('#rows .row')"
    page.wait("the row arrives", f"const row = {row}; return row && row.textContent.includes('POST') && row.textContent.includes('201')")
    check(page.script("return window.stayed") is True, "the page was not loaded again")
    check("created User ada@example.com" in page.script(f"return {row}.textContent"), "the row tells what was created")
    check(not page.script("return document.getElementById('empty').checkVisibility()"), "the advice is gone")
    page.script(f"{row}.querySelector('summary').focus()")
    page.browser.press(ENTER)
    page.wait("the row opens", f"return {row}.querySelector('details').open")
    for wanted in ["application/scim+json", "ada@example.com", "Request", "Answer", "What it changed"]:
        check(wanted in page.text("#rows .row .detail"), f"the open row has {wanted!r}")
    page.mock.request("GET", "/Users?filter=userName%20eq%20%22ada%40example.com%22")
    page.wait("a second row", "return document.querySelectorAll('#rows .row').length === 2")
    check(page.script("return document.querySelector('#r1 details').open"), "the first row stays open")


def escaping(page):
    """What a client sends is shown, not obeyed."""
    page.mock.create(EVIL, EVIL)
    page.wait("the user arrives", "return document.querySelectorAll('#people tr[data-user]').length === 2")
    check(EVIL in page.text("#people"), "the name is shown as it is")
    check("owned" not in page.script("return document.title"), "the script did not run")


def buttons(page):
    """Deactivate: the page and SCIM agree."""
    user = f"#people tr[data-user='{page.ada}']"
    check("active" == page.text(f"{user} .state"), "ada is active")
    page.browser.click(f"{user} button[formaction='/act/deactivate']")
    page.wait("the state changes", f"return document.querySelector(\"{user} .state\").textContent === 'inactive'")
    check(page.mock.request("GET", f"/Users/{page.ada}")["active"] is False, "SCIM says so, too")
    check("deactivated" in page.text("#said"), "the page says what it did")
    page.wait("who listens hears it, or what came of it", "return document.getElementById('heard').textContent !== ''")


def keyboard(page):
    """From the top of the page to the button and back, with keys only."""
    page.open()
    page.wait("the page is live", "return document.getElementById('live').textContent === 'live'")
    page.browser.press(TAB)
    check(page.focused() == "Skip to the requests", "the first stop skips to the requests")
    target = f"toggle-{page.ada}"
    stops = 0
    while page.script("return document.activeElement.id") != target:
        page.browser.press(TAB)
        stops += 1
        check(stops < 200, "the button can be reached by Tab")
        seen = page.script(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || e === document.body"
        )
        check(seen, f"the focus is visible on {page.focused()!r}")
    page.browser.press(SPACE)
    user = f"#people tr[data-user='{page.ada}']"
    page.wait("ada is active again", f"return document.querySelector(\"{user} .state\").textContent === 'active'")
    check(page.script("return document.activeElement.id") == target, "the focus stays on the button")
    check(page.mock.request("GET", f"/Users/{page.ada}")["active"] is True, "SCIM says so, too")


def filtering(page):
    """Requests of several clients, filtered, paused and cleared."""
    mock = page.mock
    entra = {"User-Agent": None, "Content-Type": "application/scim+json; charset=utf-8"}
    okta = {"User-Agent": "Okta SCIM Client 1.0.0", "Accept": "application/scim+json", "Content-Type": "application/scim+json; charset=utf-8"}
    mock.request("GET", "/Users?filter=userName%20eq%20%22grace%40example.com%22&startIndex=1&count=100", headers=okta)
    grace = mock.create("grace@example.com", "Grace Hopper", headers=okta)
    mock.request("PATCH", f"/Users/{page.ada}", {"schemas": [PATCH], "Operations": [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "title", "value": "Countess"},
        {"op": "Replace", "path": "displayName", "value": "Ada King"},
    ]}, headers=entra)
    group = mock.request("POST", "/Groups", {"schemas": [GROUP], "displayName": "Engineering"}, headers=entra)["id"]
    mock.request("PATCH", f"/Groups/{group}", {"schemas": [PATCH], "Operations": [
        {"op": "Add", "path": "members", "value": [{"value": page.ada}, {"value": grace}]}]}, headers=entra)
    mock.request("GET", "/Groups")
    mock.request("GET", "/Groups")
    mock.request("GET", "/Users?filter=userName%20eq%20ada", fine=False)
    mock.request("POST", "/Users", {"userName": "no-schemas"}, headers={"Content-Type": "text/plain"}, fine=False)
    mock.request("GET", "/Users/nobody", fine=False)
    page.wait("all have come", "return document.querySelector('#rows .row .path').textContent === '/Users/nobody'")
    visible = "return [...document.querySelectorAll('#rows .row')].filter((row) => row.checkVisibility()).length"
    everything = page.script(visible)
    page.browser.type("#find", "/groups")
    page.wait("the filter is obeyed", f"{visible} === 4")
    page.script("const f = document.getElementById('find'); f.value = ''; f.dispatchEvent(new Event('input'))")
    page.browser.click("#found")
    some = page.script(visible)
    check(0 < some < everything, f"{some} of {everything} requests have findings")
    page.browser.click("#found")
    check("fault" in page.text("#rows"), "the fault is told")
    page.browser.click("#pause")
    mock.request("GET", "/ServiceProviderConfig")
    page.wait("paused", "return document.getElementById('live').textContent === 'paused'")
    check(page.script(visible) == everything, "nothing comes while paused")
    page.browser.click("#pause")
    page.wait("it comes afterwards", f"{visible} === {everything + 1}")


def controls(page):
    """The forms below."""
    page.browser.type("#add-user", "linus@example.com")
    page.browser.press(ENTER)
    page.wait("linus is there", "return document.getElementById('people').textContent.includes('linus@example.com')")
    page.browser.click("#act-token")
    page.wait("the new token is told", "return /new token.*\\w{16}/.test(document.getElementById('said').textContent)")
    token = page.text("#said").split()[-1]
    page.mock.request("GET", "/Users", fine=False)
    page.mock.token = token
    page.mock.request("GET", "/Users")
    page.browser.press("\ue00c")


def readable(page):
    """Both color schemes, wide and narrow."""
    page.open()
    page.wait("the page is live", "return document.getElementById('live').textContent === 'live'")
    for width, height in [(1280, 900), (400, 860)]:
        page.browser.size(width, height)
        for scheme in ["light", "dark"]:
            page.browser.scheme(scheme)
            page.script("document.querySelectorAll('#rows details').forEach((d) => (d.open = false))")
            page.shot(f"page-{scheme}-{width}")
            if width < 500:
                page.shot(f"people-{scheme}-{width}", "#people")
            page.script(
                "for (const row of document.querySelectorAll('#rows .row'))"
                " row.querySelector('details').open = /client.schemas|Replace/.test(row.textContent);"
                "document.querySelector('details.confirm').open = true"
            )
            page.legible(f"{scheme}, {width} wide")
            wide = page.script("return [document.documentElement.scrollWidth, innerWidth]")
            check(wide[0] <= wide[1], f"nothing is wider than {width}: {wide}")
            page.shot(f"open-{scheme}-{width}", "#r10")
            small = page.script(
                "return [...document.querySelectorAll('button, summary, .button')].filter((e) => e.checkVisibility())"
                ".map((e) => [e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"
            )
            check(not small, f"all buttons are large enough at {width}: {small}")
    page.browser.size(1280, 900)
    page.browser.scheme("light")


def without_scripts(page):
    """Links and forms alone."""
    page.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    page.open()
    text = page.browser.source()
    check("grace@example.com" in text, "the rows are in the document")
    page.browser.click("#requests .tools .button")
    page.wait_source("Show all")
    page.browser.click(f"#people tr[data-user='{page.ada}'] button[formaction='/act/activate']")
    page.wait_source("ada@example.com is active")
    check(page.mock.request("GET", f"/Users/{page.ada}")["active"] is True, "SCIM says so, too")
    page.browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


def goodbye(page):
    """Reset asks first; a mock that stops is noticed."""
    page.open()
    page.wait("the page is live", "return document.getElementById('live').textContent === 'live'")
    check(not page.script("return document.getElementById('reset').checkVisibility()"), "the button is behind a question")
    page.browser.click("details.confirm summary")
    page.browser.click("#reset")
    page.wait("nobody is left", "return document.querySelectorAll('#people tr[data-user]').length === 0")
    page.wait("one row is left", "return document.querySelectorAll('#rows .row').length === 1")
    page.mock.stop()
    page.wait("the page notices", "return document.getElementById('live').textContent === 'no connection'")
    # That the connection is refused from now on is no fault of the page.
    page.browser.forgive()


# ---- The mock.


class Mock:
    def __init__(self, binary, arguments):
        self.token = "t"
        self.child = subprocess.Popen(
            [binary, "serve", "--port", "0", "--ui", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.url = self.child.stdout.readline().strip()
        self.said = []
        for line in self.child.stderr:
            self.said.append(line)
            if found := re.match(r"live view: (http://\S+)", line):
                self.page = found[1]
            if line.startswith("control: "):
                break
        # A full pipe would stop the mock.
        threading.Thread(target=lambda: self.said.extend(self.child.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            check(self.child.wait(PATIENCE) == 0, "the mock stops while a page is open")

    def create(self, name, shown, headers=None):
        user = {"schemas": [USER], "userName": name, "displayName": shown}
        return self.request("POST", "/Users", user, headers)["id"]

    def request(self, method, path, body=None, headers=None, fine=True):
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json", "User-Agent": "browser-test/1"}
        sent.update(headers or {})
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        # Not urllib, which adds a name of its own where a client has none.
        connection.request(method, address.path + path, json.dumps(body) if body is not None else None, {k: v for k, v in sent.items() if v})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        check(not fine or answer.status < 300 or answer.status == 503, f"{method} {path} is answered: {answer.status} {text[:300]}")
        return json.loads(text or b"null")


# ---- The page.


class Page:
    def __init__(self, browser, mock, shots):
        self.browser, self.mock, self.shots = browser, mock, shots

    def open(self):
        self.browser.ask("POST", "/url", {"url": self.mock.page})

    def script(self, text, *arguments):
        return self.browser.script(text, *arguments)

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0]).innerText", selector)

    def focused(self):
        return self.script("return document.activeElement.textContent.trim().slice(0, 60)")

    def wait(self, what, condition):
        self.until(what, lambda: self.script(condition))

    def wait_source(self, text):
        self.until(f"the page says {text!r}", lambda: text in self.browser.source())

    def until(self, what, holds):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(Failed):
                if holds():
                    return
            time.sleep(0.03)
        self.shot("failed")
        raise Failed(f"not within {PATIENCE:.0f} s: {what}")

    def shot(self, name, start="body"):
        """More of the page than is in the window."""
        self.settle()
        top, width, height = self.script(
            "return [document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY, innerWidth,"
            " document.documentElement.scrollHeight]", start)
        clip = {"x": 0, "y": top, "width": width, "height": min(height - top, 1800), "scale": 1}
        shot = self.browser.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        (self.shots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def settle(self):
        """Colors on their way are nobody's colors."""
        self.script("document.getAnimations().forEach((a) => { if (a.effect.getTiming().iterations === 1) a.finish(); })")

    def legible(self, where):
        """Every visible text has the contrast that WCAG 2.2 AA wants."""
        self.settle()
        poor = self.script((HERE / "contrast.js").read_text())
        check(poor["checked"] > 20, f"there is text to look at ({where})")
        check(not poor["poor"], f"every text is legible ({where}): {json.dumps(poor['poor'][:5], indent=1)}")


# ---- The browser, by the WebDriver protocol.


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="scim-browser-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.root = f"http://127.0.0.1:{port}"
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            f"--user-data-dir={self.folder}",
        ]
        wanted = {"goog:chromeOptions": {"args": flags}, "goog:loggingPrefs": {"browser": "ALL"}}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                session = self.send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                break
            except urllib.error.URLError:
                check(time.monotonic() < end, "chromedriver starts")
                time.sleep(0.05)
        self.session = f"/session/{session['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.ask("DELETE", "")
        self.driver.terminate()
        self.driver.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise Failed(json.loads(error.read())["value"]["message"]) from None

    def ask(self, method, path, body=None):
        return self.send(method, self.session + path, body)

    def script(self, text, *arguments):
        return self.ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.cdp("Emulation.setDeviceMetricsOverride", **metrics)

    def scheme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def source(self):
        return self.ask("GET", "/source")

    def element(self, selector):
        return next(iter(self.ask("POST", "/element", {"using": "css selector", "value": selector}).values()))

    def click(self, selector):
        self.ask("POST", f"/element/{self.element(selector)}/click")

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.element(selector)}/value", {"text": text})

    def press(self, key):
        actions = [{"type": kind, "value": key} for kind in ["keyDown", "keyUp"]]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def log(self):
        return self.ask("POST", "/se/log", {"type": "browser"})

    def forgive(self):
        self.log()

    def complaints(self, step):
        bad = [entry["message"] for entry in self.log() if entry["level"] in ("SEVERE", "WARNING")]
        check(not bad, f"the browser complains after {step}: {bad}")


def install():
    if shutil.which("chromedriver") and any(map(shutil.which, ("chromium", "google-chrome"))):
        return
    for command in [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "chromium-driver"]]:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Failed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Failed(what)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"failed: {failed}")
