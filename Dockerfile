# What a fork finds in its sandbox on Docker: a small Debian with a compiler. `harness sandbox build` builds it.
# Mounted at run time, never copied in: interpreters, the upstream's environment and the fork itself.
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}

# The network's own container needs Python, nft and ip; builds need gcc and g++; the rest are the shared
# libraries that a Python built on a Debian machine links to. A base that has them all needs no package server.
ARG PACKAGES="python3 nftables iproute2 gcc g++ libc6-dev libssl3 libffi8 libsqlite3-0 liblzma5 libbz2-1.0 libreadline8 zlib1g libncursesw6 libuuid1 libexpat1 libgdbm6"
RUN dpkg-query --show ${PACKAGES} >/dev/null 2>&1 \
    || (apt-get update && apt-get install --yes --no-install-recommends ${PACKAGES} && rm -rf /var/lib/apt/lists/*)

# An interpreter may be bound below /root, which has to let others through then.
RUN chmod 755 /root && rm -f /root/.[a-z]* \
    && printf 'sandbox:x:1000:1000::/tmp/work:/bin/sh\nsandbox2:x:65533:65533::/tmp/work:/bin/sh\n' >> /etc/passwd \
    && printf 'sandbox:x:1000:\nsandbox2:x:65533:\n' >> /etc/group
CMD ["/bin/true"]
