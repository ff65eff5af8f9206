# The analysis endpoint. Targets: cpu (torch's CPU build), cuda (torch as the package index has it, with CUDA's libraries in
# its wheels; the machine brings the driver). Packages are layers below the code: a change of code installs nothing.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY constraints.txt ./
COPY scripts/install.py ./scripts/
COPY infra/docker/packages.py ./infra/docker/
COPY gpu_endpoints/requirements.txt ./gpu_endpoints/
COPY gpu_endpoints/analysis/requirements.txt ./gpu_endpoints/analysis/
COPY gpu_endpoints/analysis/requirements-roformer.txt ./gpu_endpoints/analysis/

FROM build AS build-cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python infra/docker/packages.py --torch-index "$TORCH_INDEX" \
    gpu_endpoints/requirements.txt gpu_endpoints/analysis/requirements.txt gpu_endpoints/analysis/requirements-roformer.txt

FROM build AS build-cuda
RUN python infra/docker/packages.py \
    gpu_endpoints/requirements.txt gpu_endpoints/analysis/requirements.txt gpu_endpoints/analysis/requirements-roformer.txt

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS runtime
RUN groupadd --gid 10001 ripieno && useradd --uid 10001 --gid 10001 --create-home ripieno && \
    install -d -o 10001 -g 10001 /models
ENV PATH=/opt/ripieno/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/home/ripieno \
    NUMBA_CACHE_DIR=/tmp/numba UVICORN_HOST=0.0.0.0 UVICORN_PORT=8080
WORKDIR /app
EXPOSE 8080
USER 10001:10001
HEALTHCHECK --interval=20s --timeout=5s --start-period=120s --retries=6 CMD ["python", "/app/healthy.py"]
CMD ["uvicorn", "gpu_endpoints.analysis.server:app", "--no-access-log"]

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
