# The generation endpoint. Targets: cpu (symbolic, singing and production, which need no torch), cuda (MusicGen, Stable Audio
# and learning voices besides; torch as the package index has it, with CUDA's libraries in its wheels).
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
WORKDIR /build
COPY constraints.txt ./
COPY scripts/install.py ./scripts/
COPY infra/docker/packages.py ./infra/docker/
COPY gpu_endpoints/requirements.txt ./gpu_endpoints/
COPY gpu_endpoints/generation/requirements.txt ./gpu_endpoints/generation/
COPY gpu_endpoints/production/requirements-signing.txt ./gpu_endpoints/production/

FROM build AS build-cpu
RUN python infra/docker/packages.py \
    gpu_endpoints/requirements.txt gpu_endpoints/generation/requirements.txt gpu_endpoints/production/requirements-signing.txt

FROM build AS build-cuda
COPY gpu_endpoints/generation/requirements-models.txt ./gpu_endpoints/generation/
COPY gpu_endpoints/generation/requirements-voices.txt ./gpu_endpoints/generation/
RUN python infra/docker/packages.py \
    gpu_endpoints/requirements.txt gpu_endpoints/generation/requirements.txt gpu_endpoints/production/requirements-signing.txt gpu_endpoints/generation/requirements-models.txt gpu_endpoints/generation/requirements-voices.txt

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS runtime
RUN groupadd --gid 10001 ripieno && useradd --uid 10001 --gid 10001 --create-home ripieno && \
    install -d -o 10001 -g 10001 /models
ENV PATH=/opt/ripieno/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/home/ripieno \
    NUMBA_CACHE_DIR=/tmp/numba UVICORN_HOST=0.0.0.0 UVICORN_PORT=8080
WORKDIR /app
EXPOSE 8080
USER 10001:10001
HEALTHCHECK --interval=20s --timeout=5s --start-period=120s --retries=6 CMD ["python", "/app/healthy.py"]
CMD ["uvicorn", "gpu_endpoints.generation.server:app", "--no-access-log"]

FROM runtime AS cpu
COPY --from=build-cpu /opt/ripieno /opt/ripieno
COPY infra/docker/healthy.py ./
COPY ripieno ./ripieno
COPY gpu_endpoints ./gpu_endpoints

FROM runtime AS cuda
COPY --from=build-cuda /opt/ripieno /opt/ripieno
COPY infra/docker/healthy.py ./
COPY ripieno ./ripieno
COPY gpu_endpoints ./gpu_endpoints
