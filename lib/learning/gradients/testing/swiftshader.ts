// A GPU that a processor plays: the Vulkan driver that Debian's chromium ships, where it is installed.

import { existsSync } from 'node:fs';
import process from 'node:process';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

export const hasSwiftShader = existsSync(driver);

/** This process's environment with that driver and no other. */
export const swiftShaderEnv = {
  ...process.env,
  VK_ICD_FILENAMES: driver,
  HEADWATER_ALLOW_SOFTWARE_GPU: undefined,
};
