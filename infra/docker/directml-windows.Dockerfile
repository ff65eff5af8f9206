# escape=`
# The DirectML endpoint for Windows machines with a GPU: the large Windows base, for only it has DirectX. Target: windows.
FROM python:3.11.9-windowsservercore-ltsc2022 AS build
WORKDIR C:\build
COPY constraints.txt ./
COPY gpu_endpoints/requirements.txt ./gpu_endpoints/
COPY gpu_endpoints/directml/requirements.txt ./gpu_endpoints/directml/
RUN python -m pip install --no-cache-dir -c constraints.txt -r gpu_endpoints/requirements.txt `
    -r gpu_endpoints/directml/requirements.txt msvc-runtime==14.51.36231

FROM mcr.microsoft.com/windows/server:ltsc2022@sha256:c1ab506591d9cf636a7b37202568db62b7d1bbfcdb6181fad093660f5a6b8b15 AS windows
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UVICORN_HOST=0.0.0.0 UVICORN_PORT=8080
WORKDIR C:\app
EXPOSE 8080
COPY --from=build C:\Python C:\Python
COPY infra/docker/healthy.py ./
COPY ripieno ./ripieno
COPY gpu_endpoints ./gpu_endpoints
USER ContainerUser
HEALTHCHECK --interval=20s --timeout=5s --start-period=120s --retries=6 `
    CMD ["C:\\Python\\python.exe", "C:\\app\\healthy.py"]
CMD ["C:\\Python\\python.exe", "-m", "uvicorn", "gpu_endpoints.directml.server:app", "--no-access-log"]
