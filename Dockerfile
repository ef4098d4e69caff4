# One image for every process of the service; docker-compose.yml gives each its command.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 dingyue \
    && apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/dingyue
COPY requirements.lock package.json package-lock.json .npmrc ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && npm install --no-save --ignore-scripts

COPY . .
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .

USER dingyue
ENV PATH=/srv/dingyue/.venv/bin:$PATH
EXPOSE 8000
CMD ["dingyue", "serve"]
