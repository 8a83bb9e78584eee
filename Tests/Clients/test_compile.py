"""mlx-compile as a program: bundles, stages as text, benchmarks, checks, and causes of failure."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from server import POCKET, Server, binary


def run(*arguments, status=0):
    """Runs mlx-compile and answers with what it printed on both outputs."""
    program = os.environ.get("MLX_COMPILE") or binary().with_name("mlx-compile")
    command = [str(program), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == status, result.stderr
    return result


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The pocket model, compiled."""
    path = tmp_path_factory.mktemp("bundles") / "pocket.mlxbundle"
    result = run(POCKET, "--output", path)
    assert result.stdout.startswith(f"{path}: ")
    assert "numerics fast" in result.stdout
    return path


def manifest(bundle: Path):
    return json.loads((bundle / "manifest.json").read_text())


def without_times(content):
    """A manifest without what was timed."""
    return {key: value for key, value in content.items() if key != "step_cost"}


def test_compiling_again_gives_the_same_files(bundle):
    first, node = manifest(bundle), (bundle / "weights.bin").stat().st_ino
    run(POCKET, "--output", bundle)
    assert without_times(manifest(bundle)) == without_times(first)
    assert (bundle / "weights.bin").stat().st_ino == node


def test_the_manifest_tells_what_a_step_costs(bundle):
    content = manifest(bundle)
    cost = content["step_cost"]
    assert cost["threads"] >= 1
    assert "1" in cost["milliseconds"]
    assert all(value > 0 for value in cost["milliseconds"].values())
    kernels = {kernel["name"]: kernel for kernel in content["kernels"]}
    assert kernels["logits"]["int8_operations_per_row"] == kernels["logits"]["operations_per_row"]
    assert kernels["attention"]["operations_per_position"] > 0


@pytest.mark.parametrize(
    "stage, word",
    [
        ("graph", "linear(final_norm)"),
        ("plan", "weights.bin"),
        ("c", "static const model_description description"),
        ("assembly", "model_describe"),
    ],
)
def test_a_stage_is_the_same_text_at_every_run(stage, word):
    first = run(POCKET, "--emit", stage)
    assert word in first.stdout
    assert run(POCKET, "--emit", stage).stdout == first.stdout


def test_the_manifest_is_a_stage_too(bundle):
    assert json.loads(run(bundle, "--emit", "manifest").stdout) == manifest(bundle)
    assert "is compiled already" in run(bundle, "--emit", "plan", status=64).stderr


def test_a_benchmark_is_json_that_accounts_for_every_kernel(bundle):
    options = ["--rounds", "1", "--prompt", "40", "--generate", "4", "--batch", "2"]
    report = json.loads(run("bench", bundle, "--json", *options).stdout)
    assert report["read_bandwidth"]["median"] > 1e8
    names = [kernel["name"] for kernel in manifest(bundle)["kernels"]]
    for phase in ("generation", "prompt"):
        kernels = report["kernels"][phase]
        assert [kernel["name"] for kernel in kernels] == [*names, "all"]
        total = kernels.pop()
        for key in ("bytes", "operations", "predicted_seconds", "achieved_seconds"):
            assert total[key] == pytest.approx(sum(kernel[key] for kernel in kernels))
        assert total["achieved_seconds"] > 0
    # What the kernels took together can't be more than the steps that they make up.
    step = report["batch"] / report["results"][0]["generation_tokens_per_second"]["median"]
    assert report["kernels"]["generation"][0]["achieved_seconds"] <= step


def test_a_benchmark_in_words_names_limits_and_shares(bundle):
    text = run("bench", bundle, "--rounds", "1", "--prompt", "8", "--generate", "2").stdout
    for word in ("this machine reads", "predicted", "took", "share", "gate_and_up"):
        assert word in text


def test_twice_as_many_threads_as_cores_finish(bundle):
    options = ["--rounds", "1", "--prompt", "16", "--generate", "4", "--json"]
    threads = 2 * (os.cpu_count() or 1)
    report = json.loads(run("bench", bundle, "--threads", threads, *options).stdout)
    assert report["threads"] == threads
    assert report["results"][0]["generation_tokens_per_second"]["median"] > 0


def test_a_whole_bundle_is_verified_and_a_damaged_one_is_not(bundle, tmp_path):
    assert "files are as the manifest states" in run("verify", bundle).stdout
    damaged = tmp_path / "damaged.mlxbundle"
    shutil.copytree(bundle, damaged)
    with open(damaged / "weights.bin", "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 64)
    error = run("verify", damaged, status=1).stderr
    assert "weights.bin was changed or damaged" in error


def test_inspection_shows_targets_memory_and_kernels(bundle):
    text = run("inspect", bundle, "--context-size", "1k").stdout
    for word in ("runs here", "cache of 1024 positions", "mlx-server adds", "gate_and_up", "signature"):
        assert word in text


def test_a_bundle_for_another_cpu_says_what_lacks_and_what_to_do(bundle, tmp_path):
    foreign = tmp_path / "foreign.mlxbundle"
    shutil.copytree(bundle, foreign)
    content = manifest(foreign)
    for target in content["targets"]:
        target["cpu_features"] += ["warp_drive", "amx_tile_9"]
    (foreign / "manifest.json").write_text(json.dumps(content))
    inspection = run("inspect", foreign).stdout
    verification = run("verify", foreign, status=1)
    benchmark = run("bench", foreign, status=1).stderr
    for text in (inspection, verification.stdout, benchmark):
        assert "warp_drive, amx_tile_9" in text
    for text in (inspection, verification.stderr, benchmark):
        assert "compile the model on this machine" in text
    server = Server(model=foreign, cache=tmp_path / "cache")
    assert server.wait_until_ended() == 1
    log = "\n".join(server.log)
    assert "warp_drive, amx_tile_9" in log and "compile the model on this machine" in log


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (["no/such/model"], 1, "no/such/model"),
        ([POCKET, "--target", "x99"], 1, "target x99 is unknown"),
        ([POCKET, "--target", "x99", "--emit", "graph"], 1, "target x99 is unknown"),
        ([POCKET, "--emit", "poem"], 64, "poem"),
        ([POCKET, "--numerics", "wild"], 64, "wild"),
        ([POCKET, "-o", "/proc/x/y"], 1, "/proc/x/y can't be made (/proc/x: No such file"),
        ([__file__], 1, "test_compile.py: is a file, not an MLX model"),
        (["bench", POCKET, "--prompt", "0"], 64, "--prompt is 0, but must be between 1 and"),
        (["bench", POCKET, "--prompt", "32m"], 64, "--prompt is 33554432, but"),
        (["bench", POCKET, "--generate", "0"], 64, "--generate is 0, but"),
        (["bench", POCKET, "--depth", "9" * 18], 64, f"--depth is {'9' * 18}, but"),
        (["bench", POCKET, "--depth", "-1"], 64, "'-1' is invalid for '--depth"),
        (["bench", POCKET, "--batch", "100000"], 64, "--batch is 100000, but"),
        (["bench", POCKET, "--rounds", "0"], 64, "--rounds is 0, but must be between 1 and 1000"),
        (["bench", POCKET, "--threads", "100000"], 64, "--threads is 100000, but"),
        (["bench", POCKET, "--threads", "-1"], 64, "--threads is -1, but"),
        (["inspect", POCKET, "--ctx-size", "9" * 18], 64, "--context-size is"),
        ([POCKET, "--emit", "plan", "-o", "plan.txt"], 64, "--emit prints on standard output"),
        (["verify", POCKET], 64, "is a model, not a bundle"),
        (["inspect", POCKET], 64, "is a model, not a bundle"),
    ],
)
def test_what_is_wrong_is_said(arguments, status, words):
    result = run(*arguments, status=status)
    assert words in result.stderr
    assert result.stdout == ""


def test_a_benchmark_beyond_the_context_says_what_to_make_smaller(bundle):
    error = run("bench", bundle, "--prompt", "1m", status=1).stderr
    assert "more than the model's context" in error
    assert "make --prompt, --depth or --generate smaller" in error


def test_a_benchmark_does_not_measure_other_numerics_than_were_asked_for(bundle):
    error = run("bench", bundle, "--numerics", "exact", status=64).stderr
    assert "has numerics fast; compile the model with --numerics exact" in error


def test_output_that_cannot_be_written_is_an_error():
    program = os.environ.get("MLX_COMPILE") or binary().with_name("mlx-compile")
    with open("/dev/full", "w") as full:
        command = [str(program), str(POCKET), "--emit", "graph"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "standard output can't be written: No space left on device" in result.stderr


def test_a_model_for_very_short_texts_is_compiled_and_measured(tmp_path):
    model = tmp_path / "short"
    shutil.copytree(POCKET, model)
    config = json.loads((model / "config.json").read_text())
    config["max_position_embeddings"] = 3
    (model / "config.json").write_text(json.dumps(config))
    path = tmp_path / "short.mlxbundle"
    run(model, "--output", path, "--numerics", "exact")
    assert manifest(path)["step_cost"]


def test_a_cache_that_cannot_be_is_told(monkeypatch):
    monkeypatch.setenv("MLX_COMPILE_CACHE", "/proc/x/cache")
    error = run("bench", POCKET, status=1).stderr
    assert "/proc/x/cache" in error and "$MLX_COMPILE_CACHE" in error
    assert "NSCocoaErrorDomain" not in error


def test_codes_of_seven_bits_are_refused_by_their_key(tmp_path):
    config = json.loads((POCKET / "config.json").read_text())
    config["quantization"]["bits"] = 7
    (tmp_path / "config.json").write_text(json.dumps(config))
    error = run(tmp_path, "--emit", "graph", status=1).stderr
    assert "config.json: quantization.bits is 7" in error


def test_an_error_leaves_nothing_in_the_temporary_folder(tmp_path, monkeypatch):
    """A compiler that fails at once on a kernel, while another thread waits for it elsewhere."""
    temporary, compiler = tmp_path / "temporary", tmp_path / "cc"
    temporary.mkdir()
    compiler.write_text(
        """#!/bin/sh
        case "$*" in
            *roofline.c*) exec sleep 300 ;;
            *attention.c*) echo broken >&2; exit 1 ;;
        esac
        exec clang-14 "$@"
        """
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("MLX_CC", str(compiler))
    monkeypatch.setenv("TMPDIR", str(temporary))
    result = run(POCKET, "--output", tmp_path / "pocket.mlxbundle", status=1)
    assert "broken" in result.stderr
    assert list(temporary.iterdir()) == []


def test_an_unusable_temporary_folder_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    for arguments in (["--emit", "plan"], ["--emit", "manifest"], ["-o", tmp_path / "p.mlxbundle"]):
        error = run(POCKET, *arguments, status=1).stderr
        assert f"{tmp_path}/missing/: no folder can be made there: No such file" in error
        assert "Set TMPDIR to a folder that can be written" in error
        assert "compiler" not in error.lower()


def test_a_model_without_weights_is_refused_and_leaves_nothing(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    shutil.copy(POCKET / "config.json", model)
    error = run(model, "--output", tmp_path / "out.mlxbundle", status=1).stderr
    assert "model*.safetensors" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
