# One image for every process; docker-compose.yml says which command each container runs.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --require-hashes -r requirements.txt
WORKDIR /app
COPY . .
# Nothing here reaches a database: catalogues and static files only. The key signs nothing.
RUN export SECRET_KEY=build-only DATA_DIR=/tmp/build STATIC_ROOT=/app/staticfiles; \
    /venv/bin/python manage.py compile_catalogs && \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin yakusoku && \
    install -d -o yakusoku -g yakusoku -m 0750 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# The one-shot container brings both up to date and runs as an ordinary user.
RUN chown -R yakusoku /app/staticfiles /app/locale
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles \
    DEMO=0
USER yakusoku
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=8s --start-period=40s --retries=3 \
  CMD ["python", "scripts/probe.py", "http://127.0.0.1:8000/readyz"]
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "python:helpdesk.gunicorn_conf", "helpdesk.wsgi"]
