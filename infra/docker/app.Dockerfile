# The Functions app in the Functions host, as Azure runs it: for compose.yaml. In Azure the app is deployed as a package.
# Target: app.
FROM mcr.microsoft.com/azure-functions/python:4-python3.11@sha256:ebc5ba1fc20f7809b2676872a016ba6ede2c43d2feab4c22164b6f2a07d75733 AS app
ENV AzureWebJobsScriptRoot=/home/site/wwwroot AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=python MALLOC_ARENA_MAX=2 ASPNETCORE_URLS=http://+:7071 HOME=/home/ripieno
RUN groupadd --gid 10001 ripieno && useradd --uid 10001 --gid 10001 --create-home ripieno
WORKDIR /home/site/wwwroot
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt -r requirements.txt
COPY infra/docker/healthy_app.py /opt/
COPY host.json function_app.py ./
COPY orchestrators ./orchestrators
COPY activities ./activities
COPY triggers ./triggers
COPY ripieno ./ripieno
USER 10001:10001
EXPOSE 7071
HEALTHCHECK --interval=20s --timeout=5s --start-period=120s --retries=6 CMD ["python", "/opt/healthy_app.py"]
