"""The workloads: what is measured, against whom, and what is good enough.

Inputs are UTF-8, since some peers take nothing else. Words lie between blanks: space, TAB, and the ends
of lines, which as in Hadoop are LF and CR.
"""

from __future__ import annotations

from .comparing import counts_divided_by, json_keys, uniq, without_trailing_tab, word_count
from .contestants import PEAK, WALL, Contestant, Growth, Input, Limit, Ratio, Row

SMALL_TEXT = Input("rfc25.utf8.txt", "rfc25.utf8.txt", "text")
TEXT = Input("medium.utf8.txt", "rfc25.utf8.txt", "text")
LARGE_TEXT = Input("large.txt", "medium.utf8.txt", "large", "text")
RECORDS = Input("sort1g.dat", "sort100m.dat", "sort")
PATHS = Input("contents.tsv", "contents10.tsv", "join")
PACKAGES = Input("packages.tsv", "packages.tsv", "join")
DEBIAN_GRAPH = Input("debian.edges", "debian.edges", "graph")
RANDOM_GRAPH = Input("rmat20.edges", "rmat16.edges", "rmat")

SORT = "sort --parallel=2 -T {tmp}"
SORT_BY_KEY = SORT + " -t $'\\t' -k 1,1"

# Hadoop in this one process, as light as it goes: two tasks at a time, no waiting between its looks.
HADOOP = (
    "java -Xmx1500m -XX:+UseSerialGC -cp {jars}/'*' org.apache.hadoop.streaming.HadoopStreaming"
    " -D mapreduce.framework.name=local -D fs.defaultFS=file:/// -D hadoop.tmp.dir={tmp}/hadoop"
    " -D mapreduce.local.map.tasks.maximum=2 -D mapreduce.local.reduce.tasks.maximum=2"
    " -D mapreduce.job.reduces=2 -D mapreduce.task.io.sort.mb=256"
    " -D mapreduce.client.progressmonitor.pollinterval=10 -D mapreduce.client.completion.pollinterval=10"
)

# ---- counting words -----------------------------------------------------------------------------------


def count_words(text: str, to: str, options: str) -> str:
    return f"{{howdah}}/word-count run {text} {to} --tokens whitespace --tmp {{tmp}} {options}"


def howdah_words(memory: str, options: str = "") -> Contestant:
    command = count_words("{input}", "-o {out}", f"-w 2 --memory {memory} {options}")
    return Contestant("howdah", command, reads=word_count, is_ours=True)


def gnu_words(text: str) -> str:
    return f"tr -s ' \\t\\r' '\\n' <{text} | grep -av '^$' | {SORT} -S 1G | uniq -c >{{out}}"


def duckdb_words(text: str) -> str:
    return f"{{python}} {{peers}}/words_duckdb.py {text} {{out}} {{tmp}}"


def mrjob_words(text: str) -> str:
    return f"{{python}} {{peers}}/words_mrjob.py -r inline --no-conf -q {text} --output-dir {{out}}"


def hadoop_words(text: str) -> str:
    return f"{HADOOP} -input {text} -output {{out}} -mapper 'by-hand map-words' -reducer 'by-hand sum-words'"


HASHED = Contestant("by-hand", "by-hand count-words 2 {input} >{out}")
SORTED = Contestant("by-hand", "by-hand sort-words 2 {input} >{out}")
POLARS = Contestant("polars", "{python} {peers}/words_polars.py {input} {out}", needs=["polars"])
DUCKDB = Contestant("duckdb", duckdb_words("{input}"), needs=["duckdb"])
MAWK = Contestant(
    "mawk", f"mawk -f {{peers}}/words.awk {{input}} | {SORT} -S 1G >{{out}}", needs=["mawk"]
)
GNU = Contestant("gnu", gnu_words("{input}"), reads=uniq)

PYTHON_MAPPER = "{python3} {peers}/words_mapper.py"
PYTHON_REDUCER = "{python3} {peers}/words_reducer.py"
PYTHON_PIPE = f"{PYTHON_MAPPER} <{{input}} | {SORT_BY_KEY} -S 1G | {PYTHON_REDUCER} >{{out}}"

WORDS = Row(
    title="word count of 256 MB, linked job",
    inputs={"input": TEXT},
    contestants=[
        howdah_words("256M"),
        HASHED,
        POLARS,
        DUCKDB,
        MAWK,
        GNU,
        Contestant("python", PYTHON_PIPE, is_slow=True, is_optional=True),
    ],
    goals=[
        Ratio("howdah", "by-hand", 1.5),
        Ratio("howdah", "polars", 0.6),
        Ratio("howdah", "duckdb", 0.45),
    ],
)

WORDS_SORTED = Row(
    title="the same without a combiner: every word is a record that is sorted",
    inputs={"input": TEXT},
    contestants=[howdah_words("256M", "--no-combiner"), SORTED, GNU],
    goals=[
        Ratio("howdah", "by-hand", 1.5),
        # What --memory says is for sorting; the program and its buffers come on top.
        Limit("howdah", 288, PEAK),
    ],
)

WORDS_LARGE = Row(
    title="word count of 2.1 GB with 14 million distinct words, 512 MB of memory",
    inputs={"input": LARGE_TEXT},
    contestants=[howdah_words("512M"), HASHED, POLARS, DUCKDB, GNU],
    goals=[
        Ratio("howdah", "polars", 0.8),
        Ratio("howdah", "duckdb", 0.65),
        Ratio("howdah", "gnu", 0.4),
    ],
)

FRAMEWORKS = Row(
    title="word count of 25 MB, against frameworks",
    inputs={"input": SMALL_TEXT},
    contestants=[
        howdah_words("256M"),
        Contestant("hadoop", hadoop_words("{input}"), needs=["hadoop"], is_slow=True),
        Contestant("mrjob", mrjob_words("{input}"), needs=["mrjob"], reads=json_keys, is_slow=True),
    ],
    goals=[Ratio("howdah", "hadoop", 1 / 30), Ratio("howdah", "mrjob", 1 / 50)],
)

# ---- commands as mappers and reducers -----------------------------------------------------------------


def streaming(mapper: str, reducer: str, options: str, text: str = "{input}") -> str:
    return (
        f"{{howdah}}/howdah streaming {options} -w 2 --tmp {{tmp}} -D mapreduce.job.reduces=2"
        f" -input {text} -output {{out}} -mapper '{mapper}' -reducer '{reducer}'"
    )


STREAMING = Row(
    title="howdah streaming with mapper and reducer in Rust, 256 MB: the same programs on both sides",
    inputs={"input": TEXT},
    contestants=[
        Contestant(
            "howdah", streaming("by-hand map-words", "by-hand sum-words", "--memory 256M"), is_ours=True
        ),
        Contestant(
            "pipe", f"by-hand map-words <{{input}} | {SORT_BY_KEY} -S 1G | by-hand sum-words >{{out}}"
        ),
    ],
    goals=[Ratio("howdah", "pipe", 0.4)],
)



def streaming_python(title: str, mapper: str, reducer: str, goals: list[Ratio]) -> Row:
    return Row(
        title=f"howdah streaming with two mappers and two reducers in Python, {title}, 25 MB",
        inputs={"input": SMALL_TEXT},
        prepare=[f"{mapper} <{{input}} | {SORT_BY_KEY} -S 1G >{{prepared}}/sorted"],
        contestants=[
            Contestant(
                "howdah", streaming(mapper, reducer, "--maps 2 --memory 256M"), is_ours=True
            ),
            # The programs and nothing else: what they read has been sorted before.
            Contestant(
                "alone",
                f"{mapper} <{{input}} >/dev/null && {reducer} <{{prepared}}/sorted >{{out}}",
            ),
            Contestant("pipe", f"{mapper} <{{input}} | {SORT_BY_KEY} -S 1G | {reducer} >{{out}}"),
        ],
        goals=goals,
    )


STREAMING_PYTHON = streaming_python(
    "as tutorials write them",
    "{python3} {peers}/tutorial_mapper.py",
    "{python3} {peers}/tutorial_reducer.py",
    [Ratio("howdah", "alone", 1.1), Ratio("howdah", "pipe", 0.6, WALL)],
)

# Text costs Python more than all else: programs that leave bytes as they are show what the pipes cost.
STREAMING_BYTES = streaming_python("working on bytes", PYTHON_MAPPER, PYTHON_REDUCER, [])

# ---- sorting and joining ------------------------------------------------------------------------------

# The stock classes pass on what they get, and Hadoop wants to be told what that is.
IDENTITY = (
    "-D mapreduce.job.output.key.class=org.apache.hadoop.io.Text"
    " -D mapreduce.job.output.value.class=org.apache.hadoop.io.Text"
    " -inputformat org.apache.hadoop.mapred.KeyValueTextInputFormat"
    " -mapper org.apache.hadoop.mapred.lib.IdentityMapper"
    " -reducer org.apache.hadoop.mapred.lib.IdentityReducer"
)


def sort_by_streaming(text: str, options: str) -> str:
    return (
        f"{{howdah}}/howdah streaming {options} --tmp {{tmp}} -D mapreduce.job.reduces=1"
        f" {IDENTITY} -input {text} -output {{out}}"
    )


SORTING = Row(
    title="sort of 1 GB of records of 100 bytes, 128 MB of memory",
    inputs={"input": RECORDS},
    contestants=[
        Contestant("howdah", sort_by_streaming("{input}", "--memory 128M -w 2"), is_ours=True),
        # It knows that a record has 100 bytes and a key 10.
        Contestant("by-hand", "by-hand sort-records 2 128 {tmp} {input} >{out}"),
        Contestant("gnu", f"{SORT_BY_KEY} -s -S 128M {{input}} >{{out}}"),
    ],
    goals=[Ratio("howdah", "gnu", 0.5)],
    in_order=True,
)


def join(paths: str, packages: str, how: str, options: str) -> str:
    right = f"--broadcast --right-file {packages}" if how == "broadcast" else f"--input right={packages}"
    return f"{{howdah}}/join run {right} --input left={paths} -o {{out}} --tmp {{tmp}} {options}"


JOIN = Row(
    title="join of 600 MB with 5.7 MB: each file of Debian with its package",
    inputs={"input": PATHS, "packages": PACKAGES},
    contestants=[
        Contestant(how, join("{input}", "{packages}", how, "--memory 256M -w 2"), is_ours=True)
        for how in ("broadcast", "shuffled")
    ]
    + [
        Contestant("by-hand", "by-hand join 2 {packages} {input} >{out}"),
        Contestant(
            "polars", "{python} {peers}/join_polars.py {input} {packages} {out}", needs=["polars"]
        ),
        Contestant(
            "duckdb", "{python} {peers}/join_duckdb.py {input} {packages} {out} {tmp}", needs=["duckdb"]
        ),
        Contestant("mawk", "mawk -f {peers}/join.awk {packages} {input} >{out}", needs=["mawk"]),
        Contestant(
            "gnu",
            f"{SORT_BY_KEY} {{packages}} >{{tmp}}/right && {SORT_BY_KEY} -S 1G {{input}}"
            " | join -t $'\\t' - {tmp}/right >{out}",
        ),
    ],
    goals=[Ratio("broadcast", "polars", 0.8), Ratio("shuffled", "gnu", 0.5)],
)

# ---- ranks --------------------------------------------------------------------------------------------


def rank(edges: str, iterations: int, options: str) -> str:
    return (
        f"{{howdah}}/pagerank run {edges} -o {{out}} --iterations {iterations} --tolerance 0"
        f" --tmp {{tmp}} {options}"
    )


def ranks(title: str, graph: Input, nodes: str, goal: Ratio) -> Row:
    return Row(
        title=title,
        inputs={"input": graph},
        contestants=[
            Contestant("howdah", rank("{input}", 10, "-w 2 --memory 1G"), reads=json_keys, is_ours=True),
            Contestant("by-hand", "by-hand rank 2 10 {input} >{out}"),
            Contestant(
                "polars",
                f"{{python}} {{peers}}/ranks_polars.py {nodes} 10 {{input}} {{out}}",
                needs=["polars"],
            ),
            Contestant("pipe", "bash {peers}/ranks_pipe.sh 10 {input} {out} {tmp}", is_slow=True),
        ],
        goals=[goal],
        tolerance=1e-9,
    )


RANKS = ranks(
    "PageRank, R-MAT graph of 10 million edges, 10 iterations",
    RANDOM_GRAPH,
    "numbers",
    Ratio("howdah", "polars", 1.5, aim=0.75),
)
RANKS_DEBIAN = ranks(
    "PageRank, Debian's packages, 10 iterations", DEBIAN_GRAPH, "names", Ratio("howdah", "polars", 1.0)
)

# ---- small and growing --------------------------------------------------------------------------------

TINY = "{prepared}/tiny.txt"
MAKE_TINY = f"head -c 1000 {{input}} | sed '$d' >{TINY}"

START = Row(
    title="start to end of a word count of 1 KB",
    inputs={"input": SMALL_TEXT},
    prepare=[MAKE_TINY],
    contestants=[
        Contestant("stdout", count_words(TINY, ">{out}", ""), reads=word_count, is_ours=True),
        Contestant("folder", count_words(TINY, "-o {out}", ""), reads=word_count, is_ours=True),
        Contestant("gnu", gnu_words(TINY), reads=uniq),
        Contestant("duckdb", duckdb_words(TINY), needs=["duckdb"]),
        Contestant("mrjob", mrjob_words(TINY), needs=["mrjob"], reads=json_keys, is_slow=True),
        Contestant("hadoop", hadoop_words(TINY), needs=["hadoop"], is_slow=True),
    ],
    goals=[Limit("stdout", 0.020), Limit("folder", 0.040)],
    rounds=20,
)

START_STREAMING = Row(
    title="start to end of howdah streaming on 1 KB, with cat as mapper and reducer",
    inputs={"input": SMALL_TEXT},
    prepare=[MAKE_TINY],
    contestants=[
        Contestant(
            "howdah", streaming("cat", "cat", "", TINY), reads=without_trailing_tab, is_ours=True
        ),
        Contestant("pipe", f"cat {TINY} | {SORT_BY_KEY} | cat >{{out}}", reads=without_trailing_tab),
    ],
    goals=[Limit("howdah", 0.050)],
    rounds=20,
)


def repeat(times: int) -> str:
    return f"for i in {{1..{times}}}; do cat {{input}}; done >{{prepared}}/{times}.txt"


def repeated(name: str, times: int, workers: int = 2) -> Contestant:
    """A word count of a text that comes `times` over, so that it has the same words, only more of them."""
    command = count_words(f"{{prepared}}/{times}.txt", "-o {out}", f"--memory 64M -w {workers}")
    return Contestant(
        name, command, reads=counts_divided_by(times, word_count), is_ours=True, times=times
    )


GROWTH = Row(
    title="a text of 25.6 MB that comes 1, 10 and 80 times over, 64 MB of memory: the same words, only more",
    inputs={"input": SMALL_TEXT},
    prepare=[repeat(1), repeat(10), repeat(80)],
    contestants=[
        repeated("25 MB", 1),
        repeated("256 MB", 10),
        repeated("2 GB", 80),
        repeated("256 MB, one worker", 10, workers=1),
    ],
    goals=[
        Growth(("25 MB", "256 MB", "2 GB"), 1.05),
        Growth(("25 MB", "256 MB", "2 GB"), 1.05, WALL),
        # However much is read: what --memory allows for sorting, and the program and its buffers.
        Limit("256 MB", 96, PEAK),
        Limit("2 GB", 96, PEAK),
        Ratio("256 MB", "256 MB, one worker", 1.1),
    ],
)

ROWS = {
    "words": WORDS,
    "words-sorted": WORDS_SORTED,
    "words-large": WORDS_LARGE,
    "frameworks": FRAMEWORKS,
    "streaming": STREAMING,
    "streaming-python": STREAMING_PYTHON,
    "streaming-bytes": STREAMING_BYTES,
    "sort": SORTING,
    "join": JOIN,
    "ranks": RANKS,
    "ranks-debian": RANKS_DEBIAN,
    "start": START,
    "start-streaming": START_STREAMING,
    "growth": GROWTH,
}
