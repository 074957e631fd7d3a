# sendproof's two processes, as two targets: `api` and `worker`.
#
# Debian, not Alpine: Temporal's core bridge is a native library that is built against glibc, and has no build for musl.
FROM node:24.21.0-bookworm-slim AS node
ENV NODE_ENV=production

FROM node AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: `prepare` would build before there are sources, and no dependency needs its own.
RUN npm ci --include=dev --ignore-scripts
COPY tsconfig.json tsconfig.build.json tsconfig.types.json worker.ts ./
COPY src src
RUN npm run build && chmod +x dist/src/cli/main.js

FROM node AS dependencies
# npm names the product by its folder in the bill of materials.
WORKDIR /sendproof
COPY package.json package-lock.json ./
# The core bridge brings its library for every platform; the image is for one.
RUN npm ci --omit=dev --ignore-scripts \
  && npm cache clean --force \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +
# Of exactly the packages that are installed here. With `--omit=dev` npm would leave out those that development needs too.
RUN npm pkg delete devDependencies \
  && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json

FROM node AS run
COPY package.json /app/
COPY --from=dependencies /sendproof/node_modules /app/node_modules
COPY --from=dependencies /sendproof/sbom.cdx.json /app/
COPY --from=build /app/dist /app/dist
# What a process keeps (the sign-in of Microsoft accounts) is in the data directory; a volume that is mounted there takes
# its owner over. sendproof.yaml and relative paths in it are looked for in the working directory.
ENV SENDPROOF_DATA_DIR=/var/lib/sendproof
RUN install --directory --owner=node --group=node --mode=700 "$SENDPROOF_DATA_DIR" \
  && ln -s /app/dist/src/cli/main.js /usr/local/bin/sendproof
WORKDIR /etc/sendproof
USER node
# Both processes take it as: finish what is under way, then end. Give the worker more than 25 s for that.
STOPSIGNAL SIGTERM

FROM run AS worker
CMD ["node", "/app/dist/worker.js"]

FROM run AS api
# In a container the loopback interface is nobody's: so API keys are required.
ENV HOST=0.0.0.0
EXPOSE 3000
# Liveness only. Readiness (Temporal reachable, a worker polling) is /readyz: for load balancers, since restarting this
# process mends neither.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "/app/dist/src/api/main.js"]
