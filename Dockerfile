# One image for the service, the head, the workers and the command line of the farm.
#
#   docker build -t courseware-farm .
#   docker run --rm --init courseware-farm farm --help
#
# The service on one machine; keys by `docker exec farm farm key new operator`:
#
#   docker run --name farm --init --shm-size 2g --publish 127.0.0.1:8080:8080 --volume farm:/var/lib/farm \
#       courseware-farm farm serve --host 0.0.0.0 --store /var/lib/farm/library
#
# A cluster: the head, the service beside it, and a worker on each other machine.
#
#   docker run --init --network host --env-file cluster.env courseware-farm farm head --host 10.0.0.10
#   docker run --init --network host --shm-size 2g --env-file cluster.env courseware-farm \
#       farm worker --head 10.0.0.10:6379 --grace 300
#
# `cluster.env`, readable by its owner alone, is the same on every machine: RAY_AUTH_MODE=token and
# RAY_AUTH_TOKEN (without them head and worker do not start), and the store's AWS_ENDPOINT_URL,
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The service finds its cluster's member by its process and
# sockets: give its container the head's (--pid container:HEAD, and a volume for both their --folder),
# or run both with `deploy/machines`; deploy/kuberay has it for Kubernetes. `--init`: children of a
# killed task are adopted and reaped.
#
# Recordings are decoded in a bubblewrap sandbox, which needs unprivileged user namespaces. Docker's
# default seccomp and AppArmor profiles forbid them: give the container profiles that allow
# `unshare` and `mount` (on a host that holds nothing else: --security-opt seccomp=unconfined
# --security-opt apparmor=unconfined --security-opt systempaths=unconfined). Without them the farm
# warns, and falls back to Landlock, seccomp and resource limits: see docs/security.md.

# --- what browsers get of npm packages -----------------------------------------------------------

FROM node:22.12.0-bookworm-slim AS player
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

# --- the farm in a virtual environment -----------------------------------------------------------

FROM python:3.11.11-slim-bookworm AS farm
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/farm
COPY requirements.lock ./
RUN /opt/farm/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY encoders/ encoders/
COPY manifests/ manifests/
COPY workers/ workers/
COPY farm/ farm/
COPY --from=player /build/node_modules/hls.js/dist/hls.min.js manifests/site/vendor/hls.min.js
COPY --from=player /build/node_modules/hls.js/dist/hls.min.js \
    /build/node_modules/htmx.org/dist/htmx.min.js \
    /build/node_modules/htmx-ext-sse/dist/sse.min.js \
    /build/node_modules/tus-js-client/dist/tus.min.js \
    /build/node_modules/chart.js/dist/chart.umd.min.js \
    farm/web/static/vendor/
RUN /opt/farm/bin/pip install --no-deps --no-build-isolation .

# --- what runs -----------------------------------------------------------------------------------

FROM python:3.11.11-slim-bookworm
LABEL org.opencontainers.image.title="Courseware farm" \
      org.opencontainers.image.description="Turns raw lecture recordings into lessons every village can watch" \
      org.opencontainers.image.licenses="Apache-2.0"

# Debian removes a package's old versions from its mirrors, so a pinned version would soon not build;
# the base image's tag fixes the release.
COPY packages/apt-runtime.txt /tmp/apt-runtime.txt
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
    && grep -v '^#' /tmp/apt-runtime.txt \
        | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /tmp/apt-runtime.txt

COPY --from=farm /opt/farm /opt/farm
ENV PATH="/opt/farm/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RAY_USAGE_STATS_ENABLED=0 \
    FARM_STATE=/var/lib/farm \
    FARM_LEDGER=/var/lib/farm/ledger.db

# A number, so that Kubernetes' runAsNonRoot can tell; with a home, where Ray keeps its token.
RUN useradd --create-home --uid 10001 --user-group farm \
    && install -d -o farm -g farm -m 700 /var/lib/farm
USER 10001:10001
WORKDIR /home/farm

# `farm serve`.
EXPOSE 8080

# Whatever the command, it stops what it started when it gets it.
STOPSIGNAL SIGTERM

# No HEALTHCHECK: most containers of this image run one command and end. The service answers
# /healthz; a head or a worker ends when something is wrong.
CMD ["farm", "--help"]
