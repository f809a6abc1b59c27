export * from './blob.ts';
export * from './channels.ts';
export * from './heads.ts';
export * from './reload.ts';
export * from './versions.ts';
