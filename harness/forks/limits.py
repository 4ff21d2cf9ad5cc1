"""What a repository may cost, each number once, with its reason. Sizes in bytes, times in seconds.

For scale: Hummingbot's whole history with every file was 0.4 GiB in 0.4 million objects in 2026, one tree of
it 3,000 files, its largest source file 0.2 MiB.
"""

from __future__ import annotations

MIB = 1 << 20

# One transfer's pack. Twice the whole history of upstream, for forks that share none of it with upstream.
PACK_BYTES = 1024 * MIB
# Objects of one transfer: five times upstream's history.
OBJECTS = 2_000_000
# What git may ask memory for at once, so also a commit, tree, tag or delta's result, refused before it is
# inflated; and the table of objects that a pack's header announces (about 80 bytes an object).
ALLOCATION_BYTES = 256 * MIB
# Blobs above it are hashed piecewise and never held in memory, compared or delta'd by git.
STREAM_BYTES = 16 * MIB
# Address space of one git process: pack windows, delta cache and twice the largest allocation.
MEMORY_BYTES = 2048 * MIB
# Processor time of one git process. Indexing upstream's whole history takes 40; a pack of zeroes that
# expands a thousand times is stopped here.
CPU_SECONDS = 300
# Standard output of one command.
OUTPUT_BYTES = 64 * MIB
STDERR_BYTES = 64 * 1024

# All refs of a repository in one answer. Upstream has 5,000 with every pull request's.
LIST_SECONDS = 90.0
REFS = 100_000
# All transfers for one commit together, however often a server says that it lacks an object: 0.4 GiB at
# 6 Mbit/s.
FETCH_SECONDS = 600.0
# A server that sends less than this (bytes a second) for so long has stopped sending.
SLOWEST_RATE = 1000
SLOWEST_SECONDS = 30
# A command on objects that are here: upstream's slowest takes 2.
LOCAL_SECONDS = 120.0
# Objects that a server says it lacks, before it counts as broken.
ABSENT = 50

# Files of one commit, and of a developer's work tree (where each is opened).
TREE_FILES = 200_000
WORK_TREE_FILES = 50_000
# A file of a work tree, all of them, and all of one export.
WORK_TREE_FILE_BYTES = 100 * MIB
TOTAL_BYTES = 1024 * MIB
EXPORTED_FILE_BYTES = 64 * MIB
# Longer or deeper paths are listed, never written: Linux takes 4096 bytes, less the folder they go to.
PATH_BYTES = 1024
PATH_DEPTH = 64
# A file as text: what is larger is no source that a reviewer reads.
TEXT_BYTES = MIB
# A changed file is looked into up to here, to tell text from binary.
LOOK_BYTES = 16 * MIB
# File contents in memory at a time.
BATCH_BYTES = 32 * MIB

# Upstream's release, which is trusted: unpacked it was 0.1 GiB in 3,000 files in 2026.
DOWNLOAD_SECONDS = 900
RELEASED_FILES = 100_000
RELEASED_BYTES = 2048 * MIB

# Packs in the store before it is packed anew: git looks into each for every object.
PACKS = 60
UPKEEP_SECONDS = 300.0
