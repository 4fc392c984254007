FROM python:3.13.14-slim-trixie AS builder
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements.txt requirements-build.txt ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --requirement requirements.txt \
    && pip install --no-cache-dir --require-hashes --requirement requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY worker/ worker/
COPY templates/ templates/
COPY campaigns/cambodia-2023/ campaigns/cambodia-2023/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --no-deps --no-index dist/*.whl \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib/python3.13/site-packages/worker

FROM python:3.13.14-slim-trixie
# Whoever it runs as may write into /data, and into nothing else.
RUN groupadd --gid 10001 undersigned \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin undersigned \
    && mkdir --mode 1777 /data /backups
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UNDERSIGNED_DATA_DIR=/data
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/livez', timeout=3)"]
CMD ["undersigned", "web", "--host", "0.0.0.0", "--port", "8000"]
