"""The chat page in a real browser; skipped where there is none."""

import json
import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the page's tests need playwright")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="the page's tests need chromium")

ATTACK = """[a](javascript:alert(1)) [b](JaVaScRiPt:alert`1`) [c](data:text/html,<script>x</script>)
<img src=x onerror="document.title='acted'"> <script>document.title='acted'</script>

| <svg onload=alert(1)> | b |
|--|--|
| [d](vbscript:x) | [fine](https://example.org/a) |

```html" onclick="alert(1)
<script>document.title='acted'</script>
```
- **<b onclick=alert(1)>bold</b>**"""
WIDE = f"```\n{'long ' * 80}\n```\n\n| {'a | ' * 30}\n|{'-|' * 30}\n\n{'x' * 300}"


def stream(*deltas, **last):
    """The events of an answer of `deltas`; `last` goes into the closing chunk."""
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **last})
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        # A sandbox needs rights that a container often lacks; only this page is opened.
        running = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser, server):
    opened = browser.new_page()
    opened.faults = []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.goto(server.url)
    opened.wait_for_selector('#model:text("pocket")')
    yield opened
    assert opened.faults == []
    opened.close()


def scripted(page, body, status=200):
    """Answers the page's questions with `body` instead of the model's words."""
    page.route(
        "**/v1/chat/completions",
        lambda route: route.fulfill(status=status, content_type="text/event-stream", body=body),
    )


def ask(page, text):
    page.fill("#message", text)
    page.press("#message", "Enter")
    page.wait_for_selector("#stop", state="hidden")


def test_it_says_what_is_served(page, client):
    assert page.inner_text("#model") == client.models.list().data[0].id
    assert "context of 2048 tokens" in page.inner_text("#backend")
    assert page.get_attribute("#temperature", "placeholder").replace(".", "").isdigit()


def test_the_model_answers_with_its_figures(page):
    page.click("#settings-button")
    page.fill("#max_tokens", "8")
    ask(page, "Hello")
    assert page.inner_text("article.user .text") == "Hello"
    assert "first token after" in page.inner_text("article.assistant .figures")
    assert page.get_attribute("article.assistant", "aria-busy") == "false"
    assert page.evaluate("document.activeElement.id") == "message"


def test_text_of_a_model_cannot_act(page):
    scripted(page, stream({"reasoning_content": ATTACK}, {"content": ATTACK}))
    ask(page, ATTACK)
    assert page.query_selector_all("#log :is(img, script, svg, b, iframe, [onclick])") == []
    links = [link.get_attribute("href") for link in page.query_selector_all("#log a")]
    assert links == ["https://example.org/a"] * 2
    assert page.title() != "acted"
    assert "<script>" in page.inner_text("article.assistant .text")


def test_a_call_is_shown_and_its_result_is_asked_for(page):
    call = {"index": 0, "id": "c", "type": "function",
            "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    scripted(page, stream({"tool_calls": [call]}))
    ask(page, "Weather?")
    assert '"city": "Oslo"' in page.inner_text(".call")
    assert page.get_attribute("#message", "placeholder") == "Result of weather"


def test_a_refusal_is_a_sentence_and_a_missing_key_is_asked_for(page):
    scripted(page, '{"error":{"message":"A key is missing."}}', status=401)
    ask(page, "Hello")
    assert "A key is missing." in page.inner_text(".failure")
    assert page.evaluate("document.activeElement.id") == "key"
    page.unroute("**/v1/chat/completions")
    scripted(page, stream({"content": "Welcome."}))
    page.fill("#key", "secret")
    page.press("#key", "Enter")
    page.wait_for_selector('article.assistant .text:has-text("Welcome.")')
    assert page.query_selector(".failure") is None


def test_a_new_chat_is_empty(page):
    scripted(page, stream({"content": "One."}))
    ask(page, "Hello")
    page.click("#new-chat")
    assert page.inner_text("#log") == ""


def test_it_can_be_used_without_a_mouse(page):
    assert page.evaluate("document.activeElement.id") == "message"
    order = []
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        order.append(page.evaluate("document.activeElement.id"))
    assert order[:3] == ["log", "settings-button", "new-chat"]
    page.focus("#settings-button")
    page.keyboard.press("Enter")
    assert page.get_attribute("#settings-button", "aria-expanded") == "true"
    page.keyboard.press("Tab")
    page.keyboard.type("Be brief.")
    assert page.input_value("#system") == "Be brief."


def test_everything_has_a_name_for_screen_readers(page):
    page.click("#settings-button")
    for name in ["System prompt", "Tools, as a JSON array", "Message"]:
        page.get_by_role("textbox", name=name, exact=True).wait_for()
    for name in ["Temperature", "Top p", "Top k", "Min p", "Max tokens", "Seed"]:
        page.get_by_role("spinbutton", name=name, exact=True).wait_for()
    for name in ["New chat", "Settings", "Send"]:
        page.get_by_role("button", name=name, exact=True).wait_for()
    page.get_by_role("main").get_by_role("log", name="Conversation").wait_for()
    page.get_by_role("heading", level=1).wait_for()


def test_a_setting_that_is_no_use_is_shown(page):
    page.click("#settings-button")
    page.fill("#temperature", "9")
    page.click("#settings-button")
    ask(page, "Hello")
    assert page.inner_text(".failure").count("Temperature") == 1
    assert page.is_visible("#temperature")


def test_what_got_no_answer_goes_with_the_next_message(page):
    asked = []
    page.on("request", lambda request: request.post_data and asked.append(request.post_data_json))
    scripted(page, '{"error":{"message":"Later."}}', status=503)
    ask(page, "One.")
    page.unroute("**/v1/chat/completions")
    scripted(page, stream({"content": "Yes."}))
    ask(page, "Two.")
    ask(page, "Three.")
    roles = [message["role"] for message in asked[-1]["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert asked[-1]["messages"][0]["content"] == "One.\n\nTwo."


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_cut_off(browser, server, width):
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.goto(server.url)
    scripted(page, stream({"content": WIDE}))
    ask(page, "y" * 300)
    page.click("#settings-button")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ["new-chat", "settings-button", "message", "send"]:
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 600
    page.close()
