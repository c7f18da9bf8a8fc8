# One image for the head, the workers and the command line of the farm.
#
#   docker build -t courseware-farm .
#   docker run --rm --init courseware-farm farm --help
#   docker run --init --network host --shm-size 2g --env-file cluster.env courseware-farm \
#       ray start --head --num-cpus=0 --port=6379 --include-dashboard=false --block
#   docker run --init --network host --shm-size 2g --env-file cluster.env courseware-farm \
#       ray start --address=HEAD:6379 --block
#
# `cluster.env`, readable by its owner alone, is the same on every machine: RAY_AUTH_MODE=token and
# RAY_AUTH_TOKEN (without them a Ray head is open to anybody), and the store's AWS_ENDPOINT_URL,
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: see docs/operation.md. `--init`: children of a killed
# task are adopted and reaped.
#
# Recordings are decoded in a bubblewrap sandbox, which needs unprivileged user namespaces. Docker's
# default seccomp and AppArmor profiles forbid them: give the container profiles that allow
# `unshare` and `mount` (on a host that holds nothing else: --security-opt seccomp=unconfined
# --security-opt apparmor=unconfined --security-opt systempaths=unconfined). Without them the farm
# warns, and falls back to Landlock, seccomp and resource limits: see docs/security.md.

# --- the player of the catalog page --------------------------------------------------------------

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
    RAY_USAGE_STATS_ENABLED=0

# A number, so that Kubernetes' runAsNonRoot can tell; with a home, where Ray keeps its token.
RUN useradd --create-home --uid 10001 --user-group farm
USER 10001:10001
WORKDIR /home/farm

# `farm run` and `ray start --block` both stop what they started when they get it.
STOPSIGNAL SIGTERM

# No HEALTHCHECK: most containers of this image run one command and end. For a head or a worker ask
# Ray: `ray status --address HEAD:6379`.
CMD ["farm", "--help"]
