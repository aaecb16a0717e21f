# One image; docker-compose.yml starts web, worker and beat from it.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CLEARWAY_DATA_DIR=/data \
    CLEARWAY_DEMO=0 \
    LOG_JSON=1 \
    HOST=0.0.0.0 \
    PORT=8000

RUN useradd --system --uid 10001 --home-dir /data --create-home clearway
WORKDIR /app
COPY requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY . .

# Static files belong to the image. Neither server is asked; naming them keeps the embedded ones down.
RUN DATABASE_URL=postgresql://unused REDIS_URL=redis://unused SECRET_KEY=unused \
    STATIC_ROOT=/app/static-collected python manage.py collectstatic --no-input --verbosity 0
ENV STATIC_ROOT=/app/static-collected

USER clearway
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s --interval=15s --timeout=5s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready')"]
CMD ["gunicorn", "-c", "python:config.gunicorn"]
