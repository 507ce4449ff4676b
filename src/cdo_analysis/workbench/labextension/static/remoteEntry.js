// The tiles of the launcher, and the same by command palette: a click makes a working copy of a notebook and opens it.
//
// This is a module-federation container written by hand, so that nothing has to be built: JupyterLab calls `init` with
// the modules that it shares, then `get` for the plugin. What the tiles are stands in tiles.json, beside this file.
(() => {
  const here = document.currentScript.src;
  let shared = {};

  const share = async name => {
    const versions = Object.values(shared[name] || {});
    if (!versions.length) {
      throw new Error(`JupyterLab does not share ${name}`);
    }
    return (await versions[0].get())();
  };

  const read = async name => {
    const answer = await fetch(new URL(name, here), { credentials: 'same-origin', cache: 'no-store' });
    if (!answer.ok) {
      throw new Error(`${name} cannot be read: ${answer.status}`);
    }
    return answer.json();
  };

  // panorama.ipynb, then panorama-2.ipynb: what a folder holds is never replaced.
  const freePath = async (contents, folder, name) => {
    const { content } = await contents.get(folder);
    const taken = new Set(content.map(file => file.name));
    let free = `${name}.ipynb`;
    for (let number = 2; taken.has(free); number++) {
      free = `${name}-${number}.ipynb`;
    }
    return folder ? `${folder}/${free}` : free;
  };

  const openCopy = async (app, tile, folder) => {
    const contents = app.serviceManager.contents;
    const content = await read(tile.source);
    const path = await freePath(contents, folder, tile.name);
    await contents.save(path, { type: 'notebook', format: 'json', content });
    return app.commands.execute('docmanager:open', { path });
  };

  const plugin = async () => {
    const [{ ILauncher }, { ICommandPalette, showErrorMessage }, { IDefaultFileBrowser }, { LabIcon }] =
      await Promise.all(
        ['launcher', 'apputils', 'filebrowser', 'ui-components'].map(name => share(`@jupyterlab/${name}`))
      );
    return {
      id: 'cdo-analysis:launcher',
      autoStart: true,
      optional: [ILauncher, ICommandPalette, IDefaultFileBrowser],
      activate: async (app, launcher, palette, browser) => {
        for (const [rank, tile] of (await read('tiles.json')).entries()) {
          const command = `cdo-analysis:${tile.name}`;
          const icon = new LabIcon({ name: command, svgstr: tile.icon });
          app.commands.addCommand(command, {
            label: args => (args.isPalette ? `${tile.title} : ${tile.description}` : tile.label),
            caption: tile.description,
            icon: args => (args.isPalette ? undefined : icon),
            execute: async args => {
              const folder = args.cwd ?? browser?.model.path ?? '';
              try {
                return await openCopy(app, tile, folder.replace(/^\/+|\/+$/g, ''));
              } catch (error) {
                await showErrorMessage(tile.title, error);
              }
            }
          });
          launcher?.add({ command, category: tile.section, rank, categoryRank: tile.sectionRank });
          palette?.addItem({ command, category: tile.section, args: { isPalette: true } });
        }
      }
    };
  };

  const container = {
    init: scope => {
      shared = scope;
    },
    get: async module => {
      if (module === './extension') {
        const found = await plugin();
        return () => ({ __esModule: true, default: found });
      }
      throw new Error(`cdo-analysis has no module ${module}`);
    }
  };
  (window._JUPYTERLAB ??= {})['cdo-analysis'] = container;
})();
