FROM python:3.13-slim AS builder
WORKDIR /app
RUN python -m venv --without-pip /opt/venv
COPY requirements.txt ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY worker/ worker/
# Editable: the program finds templates/ and campaigns/ beside its package, in /app as in a checkout.
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && python -m compileall -q --invalidation-mode unchecked-hash worker

FROM python:3.13-slim
RUN groupadd --gid 10001 undersigned \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin undersigned
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UNDERSIGNED_DATA_DIR=/tmp/undersigned
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app/worker worker
COPY templates/ templates/
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/livez', timeout=3)"]
CMD ["undersigned", "web", "--host", "0.0.0.0", "--port", "8000"]
