"""The demo as a person meets it: a real process, headless Chromium, Gradio's client."""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from helpers.browser import chromium
from helpers.pictures import make_picture
from helpers.processes import ROOT, environment, refused
from helpers.runs import save_run
from tf_cyclegan.translation.translator import Translator

gradio_client = pytest.importorskip(
    "gradio_client", reason="needs Gradio: python -m pip install -e '.[demo]'"
)

pytestmark = pytest.mark.slow

PICTURE = make_picture(0)


@pytest.fixture(scope="module")
def cwd(tiny, tmp_path_factory):
    """A folder with a run, a picture and a text."""
    folder = tmp_path_factory.mktemp("demo")
    save_run(folder / "runs" / "tiny", tiny)
    Image.fromarray(PICTURE).save(folder / "a picture.png")
    (folder / "text.png").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def proxy():
    """A proxy's address, and the first lines of what was asked of it."""
    asked = []

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                asked.append(connection.recv(100).decode(errors="replace").splitlines()[:1])
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked


@contextlib.contextmanager
def demo(cwd, *arguments, **variables):
    """The process and its address; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "scripts" / "demo.py", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment() | variables,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("runs/tiny: http://127.0.0.1:"), process.stderr.read()
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def url(cwd, proxy):
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    # Gradio's own setting would let everybody in.
    with demo(cwd, **dict.fromkeys(names, proxy[0]), GRADIO_SHARE="True") as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser, url):
    """The page, with its examples, at a small window's width."""
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": True},
    )
    for log in ("browser", "performance"):
        browser.driver.get_log(log)
    browser.driver.get(url)
    wait_for(browser, "#examples img")
    return browser


def wait_for(browser, selector, condition=lambda element: True):
    """The first element of a selector that fulfils a condition."""

    def found(driver):
        elements = driver.find_elements(By.CSS_SELECTOR, selector)
        return next(filter(condition, elements), None)

    ignored = [StaleElementReferenceException]
    return WebDriverWait(browser.driver, 30, 0.1, ignored_exceptions=ignored).until(found)


def upload(browser, path):
    field = browser.driver.find_element(By.CSS_SELECTOR, "#picture input[type=file]")
    field.send_keys(str(path))


def downloaded(browser, folder):
    """What the button downloads: its name and pixels."""
    browser.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    wait_for(browser, "#download:not([disabled])").click()
    for _ in range(300):
        files = [path for path in folder.glob("*") if path.suffix == ".png"]
        if files:
            return files[0].name, np.asarray(Image.open(files[0]))
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def translation(cwd, *arguments, picture=PICTURE):
    return Translator(cwd / "runs" / "tiny")(picture, *arguments)


def test_an_uploaded_picture_is_translated_and_downloaded(page, cwd, url, proxy, tmp_path):
    upload(page, cwd / "a picture.png")
    wait_for(page, "#back img")
    about = wait_for(page, "#about p").text
    assert about == "Step 0, 48 x 40 pixels, translated at 38 x 32"
    name, seen = downloaded(page, tmp_path)
    assert name == "a picture-AtoB.png"
    np.testing.assert_array_equal(seen, translation(cwd))
    assert page.value("document.documentElement.scrollWidth") <= 400
    assert [address for address in page.fetched() if not address.startswith(url)] == []
    assert proxy[1] == [], "Gradio asks nobody"
    assert [line for line in page.complaints() if "Method not implemented" not in line] == []


def test_an_example_is_translated_the_other_way(page, cwd, photos, tmp_path):
    wait_for(page, "input[type=radio][value=BtoA]").click()
    wait_for(page, "#examples img[src$='example-B0.png']").click()
    wait_for(page, "#back img")
    name, seen = downloaded(page, tmp_path)
    assert name == "example-B0-BtoA.png"
    picture = np.asarray(Image.open(photos / "testB" / "0.png"))
    np.testing.assert_array_equal(seen, translation(cwd, "BtoA", picture=picture))


def test_what_is_no_picture_is_told_on_the_page(page, cwd):
    upload(page, cwd / "a picture.png")
    wait_for(page, "#download:not([disabled])")
    wait_for(page, "#picture button[aria-label='Remove Image']").click()
    wait_for(page, "#download[disabled]")
    upload(page, cwd / "text.png")
    told = wait_for(page, ".toast-body", lambda element: "text.png" in element.text).text
    assert "text.png: is not a picture in a supported format" in told
    assert wait_for(page, "#download[disabled]").text == "Download the translation"


def test_programs_use_the_same_page(cwd, url, tmp_path):
    client = gradio_client.Client(url, verbose=False, download_files=tmp_path)
    picture = gradio_client.handle_file(cwd / "a picture.png")
    translated, about, _, pair = client.predict(
        picture, "runs/tiny", "newest", "BtoA", "input", api_name="/translate"
    )
    expected = translation(cwd, "BtoA", "input")
    np.testing.assert_array_equal(np.asarray(Image.open(translated)), expected)
    assert about == "Step 0, 48 x 40 pixels"
    returned = translation(cwd, "AtoB", "input", picture=expected)
    np.testing.assert_array_equal(np.asarray(Image.open(pair[1])), returned)
    for path, told in ((cwd / "text.png", "is not a picture"), ("http://127.0.0.1/", "not an add")):
        with pytest.raises(gradio_client.exceptions.AppError, match=told):
            client.predict(gradio_client.handle_file(path), api_name="/translate")


def test_large_uploads_bad_ones_and_ctrl_c_leave_no_trace(cwd, in_foreground):
    with demo(cwd, "--max_upload_mb=1") as (process, url):
        client = gradio_client.Client(url, verbose=False)
        large = cwd / "large.png"
        large.write_bytes(b"0" * 1_100_000)
        for path in (large, cwd / "text.png"):
            with pytest.raises(Exception, match=r"exceeds the maximum|is not a picture"):
                client.predict(gradio_client.handle_file(path), api_name="/translate")
        port = url.rstrip("/").rsplit(":", 1)[1]
        told = refused("demo.py", f"--port={port}", cwd=cwd)
        assert f"--port={port}: is in use; give another port" in told
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (128 + signal.SIGINT, "\nStopped.\n")


def test_mistakes_get_one_line(tmp_path, cwd):
    assert "python scripts/train.py --epochs=40" in refused("demo.py", cwd=tmp_path)
    told = refused("demo.py", "--workdir=elsewhere", cwd=tmp_path)
    assert "elsewhere: holds no trained model" in told
    assert "--host=192.0.2.1" in refused("demo.py", "--host=192.0.2.1", cwd=cwd)


def test_without_gradio_one_line_says_what_installs_it(tmp_path):
    (tmp_path / "site").mkdir()
    # Python runs it at its start.
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'gradio' else find(name, *more)\n"
    )
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment() | {"PYTHONPATH": str(tmp_path / "site")},
    )
    assert (done.returncode, done.stderr) == (
        1,
        "demo.py: error: the demo needs Gradio, which is not installed: python -m pip install "
        "'tf_cyclegan[demo]'\n",
    )
    shutil.rmtree(tmp_path / "site")
