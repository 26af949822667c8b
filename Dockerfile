# One image for web, worker, beat and migrate; docker-compose.yml says which command each of them runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/portal

COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt

COPY . .

# Static files are named by their content and compressed here, once; the running container writes to its volumes only.
ENV MANIFEST_STATIC=1 \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media \
    VAR_DIR=/srv/var
RUN SECRET_KEY=used-only-while-the-image-is-built python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q . \
    && install -d -o 10001 -g 10001 /srv/media /srv/var

USER 10001:10001

EXPOSE 8000

CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "fenghua_portal.wsgi"]
