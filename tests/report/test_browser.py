"""The page in a real browser: quiet, on its own, to be used with keys and fingers, and harmless."""

import shutil

import numpy as np
import pytest
from report.sample import HOSTILE, SCRIPT, document

from nnlab.report.document import Document, Matrix, Section
from nnlab.report.html import as_html

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # Root may not use the sandbox, and a container has little shared memory.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        with started.chromium.launch(executable_path=CHROMIUM, args=arguments) as launched:
            yield launched


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html(document()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser):
    """Return a function that opens a page, which must stay quiet, without dialogs and requests, to the end."""
    contexts, noises = [], []

    def opened(address, viewport, **options):
        contexts.append(browser.new_context(viewport=viewport, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: noises.append(message.text))
        page.on("pageerror", lambda error: noises.append(str(error)))
        page.on("dialog", lambda dialog: (noises.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: _note(request.url, address, noises))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert noises == []


def _note(url, address, noises):
    if url != address and not url.startswith("data:"):
        noises.append(url)


@pytest.fixture
def page(visit, address):
    return visit(address, DESK)


def column(page, table, number):
    return page.locator(f"#{table} tbody tr > :nth-child({number})").all_text_contents()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_anyone_can_read_it_and_nothing_scrolls_sideways(visit, address, viewport, scheme):
    page = visit(address, viewport, color_scheme=scheme)
    found = axe.Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_counts_can_be_read_on_every_colour(visit, tmp_path, scheme):
    counts = np.diag(np.arange(11) ** 2)
    counts[:, 0] = 100 - np.arange(11) ** 2
    path = tmp_path / "colours.html"
    matrix = Matrix("m", "a caption", counts, tuple("abcdefghijk"))
    text = as_html(Document("title", "", (Section("s", "section", (matrix,)),)))
    assert all(f'class="level-{level}"' in text for level in range(1, 11))
    path.write_text(text, encoding="utf-8")
    page = visit(path.as_uri(), DESK, color_scheme=scheme)
    found = axe.Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert not [each for each in found.response["incomplete"] if each["id"] == "color-contrast"]


def test_the_edge_beyond_which_there_is_more_is_marked(visit, address):
    page = visit(address, PHONE)
    boxes = page.locator(".box").all()
    hidden = [box.evaluate("box => box.scrollWidth > box.clientWidth + 1") for box in boxes]
    assert 0 < sum(hidden) < len(boxes)
    assert ["more" in (box.get_attribute("class") or "") for box in boxes] == hidden
    wide = boxes[hidden.index(True)]
    wide.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_function("box => !box.classList.contains('more')", arg=wide.element_handle())


def test_the_check_of_contrast_notices_grey_on_grey(page):
    page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = axe.Axe().run(page, options=RULES)
    assert [violation["id"] for violation in found.response["violations"]] == ["color-contrast"]


def test_every_image_is_there_and_says_what_it_shows(page):
    images = page.locator("img").all()
    assert len(images) == 3
    assert all(image.get_attribute("alt") for image in images)
    assert all(image.evaluate("image => image.complete && image.naturalWidth > 0") for image in images)


def test_names_of_classes_are_shown_as_they_are(page):
    assert page.title() == f"Report on {SCRIPT}"
    assert column(page, "rows-per-class", 1)[:3] == list(HOSTILE[:3])
    assert page.locator("script").count() == 1
    assert page.locator("#comment-confused :is(img, b, script)").count() == 0


def test_tables_sort_by_number_both_ways_and_keep_their_total(page):
    button = page.get_by_role("button", name="examples")
    button.focus()
    page.keyboard.press("Enter")
    numbers = [int(text) for text in column(page, "rows-per-class", 3)]
    assert numbers == sorted(numbers)
    assert page.locator("#rows-per-class th[aria-sort=ascending]").inner_text().strip() == "examples"
    page.keyboard.press("Space")
    assert [int(text) for text in column(page, "rows-per-class", 3)] == sorted(numbers, reverse=True)
    assert page.locator("#rows-per-class th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert page.locator("#rows-per-class tfoot").inner_text().split()[0] == "all"


def test_what_is_no_number_comes_last_either_way(page):
    button = page.locator("#rows-odd").get_by_role("button", name="value")
    button.click()
    assert column(page, "rows-odd", 1) == ["d", "c", "a", "b"]
    button.click()
    assert column(page, "rows-odd", 1) == ["c", "d", "a", "b"]


def test_names_sort_as_people_count(visit, tmp_path):
    path = tmp_path / "many.html"
    path.write_text(as_html(document(40, pictures=False)), encoding="utf-8")
    page = visit(path.as_uri(), DESK)
    page.get_by_role("button", name="class", exact=True).click()
    names = [name for name in column(page, "rows-per-class", 1) if name.startswith("class")]
    assert names == [f"class {number}" for number in range(10, 40)]
    rows = page.locator("#rows-per-class tbody tr").all_text_contents()
    page.get_by_label("Show rows with").fill(" 3  CLASS ")
    shown = page.locator("#rows-per-class tbody tr:visible").all_text_contents()
    assert shown == [row for row in rows if "3" in row and "class" in row]
    assert page.locator("[data-count-for=rows-per-class]").inner_text() == f"{len(shown)} of 40"
    assert 10 <= len(shown) < 40
    found = axe.Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_the_matrix_tells_what_is_pointed_at(page):
    counts = document().sections[-1].blocks[0].counts
    told = page.locator("#table-confusion .told")
    cells = page.locator("#table-confusion tbody tr").nth(1).locator("td")
    cells.nth(3).hover()
    share = 100 * counts[1, 3] / counts[1].sum()
    assert told.inner_text() == (
        f"true {HOSTILE[1]}, predicted {HOSTILE[3]}: {counts[1, 3]} of {counts[1].sum():,} ({share:.1f} %)"
    )
    page.locator("#table-confusion td[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    share = 100 * counts[1, 1] / counts[1].sum()
    assert told.inner_text().endswith(f": {counts[1, 1]} of {counts[1].sum():,} ({share:.1f} %)")


def test_the_matrix_shows_shares(page):
    counts = document().sections[-1].blocks[0].counts
    page.get_by_label("Show").select_option("shares")
    written = page.locator("#table-confusion tbody tr").nth(1).locator("td").all_text_contents()
    shares = 100 * counts[1] / counts[1].sum()
    assert written == [f"{share:.1f}" if share else "0" for share in shares]
    page.get_by_label("Show").select_option("counts")
    written = page.locator("#table-confusion tbody tr").nth(1).locator("td").all_text_contents()
    assert written == [f"{count:,}" for count in counts[1]]


@pytest.mark.parametrize("by", ["given", "name", "recall", "support"])
def test_the_matrix_sorts_rows_and_columns_together(page, by):
    matrix = document().sections[-1].blocks[0]
    page.get_by_label("Order").select_option("support")
    page.get_by_label("Order").select_option(by)
    rows = page.locator("#table-confusion tbody th").all_text_contents()
    assert page.locator("#table-confusion thead tr:nth-child(2) th").all_text_contents() == rows
    cells = page.locator("#table-confusion tbody td").all_text_contents()
    shown = {rows[n // 10]: [] for n in range(100)}
    for n, text in enumerate(cells):
        shown[rows[n // 10]].append((rows[n % 10], int(text.replace(",", ""))))
    names = page.evaluate("([...document.querySelectorAll('#rows-per-class tbody th')]).map(h => h.textContent)")
    order = [names.index(row) for row in rows]
    assert shown == {names[i]: [(names[j], int(matrix.counts[i, j])) for j in order] for i in order}
    support = matrix.counts.sum(axis=1)
    if by == "support":
        assert [support[i] for i in order] == sorted(support, reverse=True)
    if by == "recall":
        recalls = [matrix.counts[i, i] / support[i] for i in order if support[i]]
        assert recalls == sorted(recalls)
        assert support[order[-1]] == 0
    if by == "given":
        assert order == list(range(10))


def test_code_can_be_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == document().sections[0].blocks[-1].text


def test_contents_are_folded_on_a_phone_and_lead_to_sections(visit, address):
    page = visit(address, PHONE)
    link = page.get_by_role("link", name="Confusion")
    assert not link.is_visible()
    page.get_by_text("Contents", exact=True).click()
    link.click()
    assert page.locator("#confusion h2").is_visible()
    assert page.evaluate("document.querySelector('#confusion').getBoundingClientRect().top < innerHeight")


def test_without_script_all_of_it_stands_there(visit, address):
    page = visit(address, DESK, java_script_enabled=False)
    assert page.locator("nav a").first.is_visible()
    assert page.locator("#table-confusion td").first.is_visible()
    assert page.locator("button:visible, select:visible, input:visible").count() == 0


def test_it_prints(page):
    content = page.pdf(format="A4")
    assert content.startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#rows-odd thead").inner_text().split() == ["name", "value"]
    assert not page.locator("#comment-unanswered").is_visible()
    assert page.locator("#comment-confused").is_visible()


def test_the_policy_stops_what_would_get_in(browser, tmp_path):
    path = tmp_path / "broken.html"
    holes = f"{SCRIPT}<img src=spy.png onerror=alert(2)><link rel=stylesheet href=spy.css><main"
    path.write_text(as_html(document(pictures=False)).replace("<main", holes), encoding="utf-8")
    page, dialogs, refused = browser.new_page(), [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: refused.append(message.text))
    page.goto(path.as_uri())
    page.close()
    assert not dialogs
    assert len([text for text in refused if "Content Security Policy" in text]) >= 3, refused
