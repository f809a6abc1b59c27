# The trainer as a container: functions/trainer on Node, with what a GPU needs to be seen. From the repository root:
#
#   docker build -f infra/trainer.Dockerfile -t headwater-trainer .
#
# infra/README.md says how to run it, and where it finds a GPU.

# The WebAssembly that is built, not committed.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY scripts scripts
COPY lib lib
RUN node scripts/build.ts

# What runs imports: no compilers, no other systems' binaries.
FROM node:24.21.0-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund \
  && find node_modules/webgpu/dist -mindepth 1 -maxdepth 1 ! -name 'linux-*' -exec rm -r {} + \
  && rm -r node_modules/nsfwjs node_modules/@tensorflow/tfjs

FROM node:24.21.0-bookworm-slim AS trainer
# The Vulkan loader, and what NVIDIA's driver, which the host puts into the container, links to.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libvulkan1 libx11-6 libxext6 \
  && rm -rf /var/lib/apt/lists/*
# CUDA alone is not enough: `graphics` brings the Vulkan driver.
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=8080 \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility
WORKDIR /app
COPY package.json ./
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/build/*.wasm build/
COPY lib lib
COPY functions/trainer functions/trainer
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "functions/trainer/main.ts"]
