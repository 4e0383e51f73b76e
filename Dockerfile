# One image for web, workers, beat and one-off commands. docs/image.md says how it is run,
# docs/decisions/image.md why it is made so, `make check-image` proves it.

# -- What is installed, compiled and collected; only its result goes on. ------------------------
FROM python:3.11-slim-bookworm AS build

# For `strip`: the wheels' libraries carry tables for debuggers, 15 MB. Of this stage nothing stays
# but files, so which version of it is no matter.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt ./
# Where packages come from, if not from PyPI; known to this stage only.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
# Wheels only: nothing is compiled here, so no compiler is needed and none runs a package's code.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
        --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt \
    && find /opt/venv/lib -type f \( -name '*.so' -o -name '*.so.[0-9]*' \) \
        -exec strip --strip-unneeded {} +

COPY . ./
ENV PATH=/opt/venv/bin:$PATH \
    STATIC_MANIFEST=1
# Settings want a key; these lines' signs nothing and is gone with them.
RUN export SECRET_KEY=only-for-the-build \
    && python -m deploy.local.catalogue compile \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && python -m deploy.image.trim /opt/venv/lib/python3.11/site-packages staticfiles \
        --languages en,es \
    && rm -r deploy/local deploy/image/trim.py requirements.txt \
    && find locale -name '*.po' -delete \
    && find . /opt/venv -name __pycache__ -prune -exec rm -r {} +

# -- What runs. ---------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
RUN groupadd --gid 10001 clinic \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin clinic \
    && SECRET_KEY=only-for-the-build /opt/venv/bin/python -m deploy.image.precompile

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    STATIC_MANIFEST=1 \
    WEB_DRAIN_SECONDS=5 \
    WEB_GRACEFUL_SECONDS=20 \
    PORT=8000
# By number: an engine that refuses root can see that it is not.
USER 10001:10001
# Fargate mounts a volume there, with the rights that the image has only where the image says so.
VOLUME ["/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "deploy.image.health"]
ENTRYPOINT ["python", "-m", "deploy.image.entry"]
CMD ["web"]

# Last, so that another commit does not make the layers above anew.
ARG RELEASE=unknown
LABEL org.opencontainers.image.title="Clinic booking" \
    org.opencontainers.image.description="Web, workers, beat and one-off commands" \
    org.opencontainers.image.version=$RELEASE \
    org.opencontainers.image.revision=$RELEASE \
    org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
