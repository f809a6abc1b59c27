export * from './blob.ts';
export * from './channels.ts';
export * from './delete-head.ts';
export * from './floors.ts';
export * from './heads.ts';
export * from './list-heads.ts';
export * from './reload.ts';
export * from './versions.ts';
