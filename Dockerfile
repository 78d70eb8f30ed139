# syntax=docker/dockerfile:1
# Two stages: the first builds, the second carries only what runs, as a user without rights, on a read-only root.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /src
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /opt/tracker \
 && /opt/tracker/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY requirements/sbom.txt requirements/sbom.txt
COPY .ci/sbom.py .ci/sbom.py
COPY pyproject.toml README.md LICENSE sources.yaml ./
RUN python -m venv /opt/sbom \
 && /opt/sbom/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/sbom.txt \
 && /opt/sbom/bin/python .ci/sbom.py /opt/tracker/sbom.cdx.json
COPY migrations migrations
COPY alerts alerts
COPY tracker tracker
RUN /opt/tracker/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.13.9-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tracker \
 && install -d -o tracker -g tracker /data
COPY --from=build /opt/tracker /opt/tracker
COPY --from=build /src/sources.yaml /etc/tracker/sources.yaml
ENV PATH=/opt/tracker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    TRACKER_DATA=/data \
    TRACKER_SOURCES=/etc/tracker/sources.yaml
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Inside the container the pages must listen for the host; TRACKER_WEB_HOST and a token open them (docs/operate.md).
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os,urllib.request as u; u.urlopen('http://127.0.0.1:%s/healthz' % os.environ.get('TRACKER_WEB_PORT', '8000'), timeout=4)"]
ENTRYPOINT ["tracker"]
CMD ["run"]
