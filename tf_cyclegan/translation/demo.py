"""The page to try trained runs, made with Gradio (extra `demo`).

Set GRADIO_ANALYTICS_ENABLED=False before this module is imported: Gradio reads it.
"""

import contextlib
import html
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from tf_cyclegan.data import encoding
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.translation import output_names, trained_runs
from tf_cyclegan.translation.trained_runs import TrainedRuns
from tf_cyclegan.translation.translator import DIRECTIONS

_EXAMPLES = 8
# The system's, so that the browser loads none.
_FONTS = ["system-ui", "sans-serif"]
_MONOSPACE = ["ui-monospace", "monospace"]
_CSS = """
.gradio-container { max-width: 1100px !important; width: 100%; margin: 0 auto; }
#examples .grid-wrap { height: auto; min-height: 0; max-height: none; overflow: hidden; }
#examples .grid-container {
  grid-template-columns: repeat(4, minmax(0, 1fr)); grid-auto-rows: min-content;
  height: auto; padding-top: 26px;
}
#examples .gallery-item { height: auto; }
#examples .thumbnail-item { width: 100%; height: auto; aspect-ratio: 1; }
footer .divider { display: none; }
"""


def build(runs: TrainedRuns) -> gr.Blocks:
    """The page, not yet served.

    Args:
      runs: one or more. The first one is chosen at the beginning.
    """
    with gr.Blocks(title="tf_cyclegan", analytics_enabled=False, delete_cache=(600, 7200)) as page:
        gr.Markdown("# tf_cyclegan")
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                picture = gr.Image(
                    label="Picture", sources=["upload", "clipboard"], height=280, elem_id="picture"
                )
                _give_files(picture)
                examples = gr.Gallery(
                    label="Examples",
                    columns=4,
                    allow_preview=False,
                    interactive=False,
                    buttons=[],
                    format="png",
                    elem_id="examples",
                )
                run = gr.Dropdown(runs.names, value=runs.names[0], label="Run")
                direction = gr.Radio(list(DIRECTIONS), value="AtoB", label="Direction")
                checkpoint = gr.Dropdown(
                    ["newest"], value="newest", label="Checkpoint", allow_custom_value=True
                )
                work_size = gr.Dropdown(
                    ["train", "input", "128", "256", "512"],
                    value="train",
                    label="Work size",
                    info="Or the pixels of the shorter side",
                    allow_custom_value=True,
                )
            with gr.Column(scale=3, min_width=300):
                there = gr.ImageSlider(
                    label="Picture | translation", interactive=False, elem_id="there"
                )
                about = gr.Markdown(label="About", elem_id="about")
                download = gr.DownloadButton(
                    "Download the translation", interactive=False, elem_id="download"
                )
                back = gr.ImageSlider(label="Picture | way back", interactive=False, elem_id="back")

        def choose(run: str) -> list[Any]:
            """What there is to choose in a run."""
            with _told():
                translator, checkpoints = runs.translator(run), runs.checkpoints(run)
            for line in translator.damaged:
                gr.Warning(html.escape(line))
            directions = translator.directions
            return [
                gr.Radio(directions, value=directions[0]),
                gr.Dropdown(checkpoints, value="newest"),
                gr.Dropdown(value=str(translator.work_size)),
                gr.ImageSlider(visible=len(directions) > 1),
            ]

        def show_examples(run: str, direction: str) -> gr.Gallery:
            with _told():
                pictures = runs.examples(run, direction, _EXAMPLES)
            name = f"example-{DIRECTIONS[direction][0]}"
            paths = [
                _saved(encoding.encode(each), f"{name}{i}.png") for i, each in enumerate(pictures)
            ]
            return gr.Gallery(paths, visible=bool(paths))

        def take_example(chosen: gr.SelectData) -> str:
            return chosen.value["image"]["path"]

        def translate(
            picture: tuple[Path, str] | None,
            run: str,
            checkpoint: str | None,
            direction: str | None,
            work_size: str | None,
        ) -> Iterator[tuple[Any, ...]]:
            """Translates a picture, and back.

            Returns its translation as a PNG file of the same size, a line about it, and two pairs
            of pictures to compare: the picture and the translation, the picture and the way back.
            """
            if picture is None:
                yield None, "", None, None
                return
            path, name = picture
            with _told():
                decoded = trained_runs.decode(path.read_bytes(), name)
                translator = runs.translator(run, checkpoint or "newest")
                way = direction or translator.directions[0]
                done = trained_runs.translate(translator, decoded, way, work_size)
                stem = output_names.distinct([name])[0].stem
                before = _saved(done.before, f"{stem}.png")
                after = _saved(done.after, f"{stem}-{way}.png")
                shown = after, done.about, (before, after)
                yield *shown, None
                returned = trained_runs.translate_back(translator, done, way, work_size)
                if returned is not None:
                    yield *shown, (before, _saved(returned, f"{stem}-{way}-back.png"))

        def enable(about: str) -> gr.DownloadButton:
            return gr.DownloadButton(interactive=bool(about))

        def clear() -> tuple[Any, ...]:
            return gr.DownloadButton(value=None, interactive=False), "", None, None

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        choices = [direction, checkpoint, work_size, back]
        inputs = [picture, run, checkpoint, direction, work_size]
        outputs = [download, about, there, back]
        translating: dict[str, Any] = {"show_progress": "minimal", "show_progress_on": there}
        translated = gr.on(
            [picture.change, checkpoint.input, direction.input, work_size.input],
            translate,
            inputs,
            outputs,
            api_name="translate",
            trigger_mode="always_last",
            **translating,
        )
        chosen = gr.on([page.load, run.input], choose, run, choices, **private)
        again = chosen.success(
            translate, inputs, outputs, api_name="again", api_visibility="private", **translating
        )
        for event in (translated, again):
            event.success(enable, about, download, **private)
            event.failure(clear, None, outputs, **private)
        for event in (chosen.success, direction.input):
            event(show_examples, [run, direction], examples, **private)
        examples.select(take_example, None, picture, **private)
    # One picture at a time: a generator takes all cores. No request passes by the queue.
    page.queue(default_concurrency_limit=1, api_open=False)
    return page


def launch(page: gr.Blocks, host: str, port: int, max_upload_mb: int) -> str:
    """Serves the page from threads, and returns its address.

    Raises:
      OSError: the port is in use.
    """
    # Its lazy imports replace Python's `__import__` meanwhile, for all threads.
    importlib.import_module("tensorflow_datasets")
    _, url, _ = page.launch(
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        inline=False,
        enable_monitoring=False,
        server_name=host,
        server_port=port,
        max_file_size=f"{max_upload_mb}mb",
        footer_links=["api"],
        # Its own grey of notes has too little contrast on white.
        theme=gr.themes.Default(font=_FONTS, font_mono=_MONOSPACE).set(
            block_info_text_color="*neutral_500", body_text_color_subdued="*neutral_500"
        ),
        css=_CSS,
    )
    return url


def _give_files(picture: gr.Image) -> None:
    """Makes a component give the uploaded file and the name that it had, or None without one.

    Its pixels are for this package's decoder, which is strict, instead of Gradio's.
    """

    def preprocess(payload: Any) -> tuple[Path, str] | None:
        if payload is None:
            return None
        if payload.path is None:
            raise _error("The picture is no file.")
        path = Path(payload.path)
        return path, payload.orig_name or path.name

    async def move(path: str | Path | None) -> str | None:
        # Gradio would fetch addresses, for whoever asks for a translation.
        if str(path).startswith(("http://", "https://")):
            raise _error("Send a file, not an address.")
        return await moved(path)

    moved = picture.async_move_resource_to_block_cache
    # Not in a class, beside which Gradio would write a .pyi file.
    picture.preprocess = preprocess
    picture.async_move_resource_to_block_cache = move


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Shows mistakes and a lack of memory on the page, without a trace in the terminal."""
    try:
        yield
    except UserError as error:
        raise _error(str(error)) from error
    except Exception as error:
        # The latter is TensorFlow's.
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            message = f"not enough memory ({reason(error)}); give a smaller work_size"
            raise _error(message) from error
        raise


def _error(message: str) -> gr.Error:
    # Names of files may hold markup, and the page would render it.
    return gr.Error(html.escape(message, quote=False), print_exception=False)


def _saved(data: bytes, name: str) -> str:
    """A file that the page may serve, until the cache is emptied."""
    return save_bytes_to_cache(data, name, gr.utils.get_upload_folder())
