# The server with its built pages. Data lies in /data, and what several processes share of files in /files; the rest of the
# file system may be read-only (give /tmp a tmpfs).
FROM node:26.10.0-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY server/package.json server/
COPY sdk/package.json sdk/
COPY console/package.json console/
COPY widget/package.json widget/
COPY bench/package.json bench/
RUN npm ci --no-audit --no-fund
COPY tsconfig.base.json tsconfig.json ./
COPY sdk sdk
COPY widget widget
COPY console console
RUN npm run build

FROM node:26.10.0-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY server/package.json server/
COPY sdk/package.json sdk/
COPY console/package.json console/
COPY widget/package.json widget/
COPY bench/package.json bench/
# The runtime of local models brings 210 MB for other systems.
RUN npm ci --omit=dev --no-audit --no-fund --workspace server --workspace sdk \
    && rm -rf node_modules/onnxruntime-node/bin/napi-v6/win32 node_modules/onnxruntime-node/bin/napi-v6/darwin

FROM node:26.10.0-slim
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="Self-hosted omnichannel customer service" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
ENV NODE_ENV=production \
    PARLEY_HOST=0.0.0.0 \
    PARLEY_PORT=8080 \
    PARLEY_DATA_DIR=/data
# A volume that is mounted where the image has no folder belongs to root, and could not be written to.
RUN mkdir /data /files && chown node:node /data /files
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY sdk sdk
COPY server server
COPY widget/demo widget/demo
COPY --from=build /app/widget/dist widget/dist
COPY --from=build /app/console/dist console/dist
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PARLEY_PORT + '/healthz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server/main.ts"]
