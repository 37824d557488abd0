import { MenuItem } from "react-aria-components";

import type { LensFormat } from "../engine/protocol";

/** The forms that a lens is saved in, of a menu. */
export function LensItems({ onSave }: { onSave: (format: LensFormat) => Promise<void> }) {
  return (
    <>
      <MenuItem className="menu-item" onAction={() => void onSave("folder")}>
        Lens folder, for Python (.zip)
      </MenuItem>
      <MenuItem className="menu-item" onAction={() => void onSave("safetensors")}>
        Lens, safetensors
      </MenuItem>
      <MenuItem className="menu-item" onAction={() => void onSave("float16")}>
        Lens, safetensors <small>float16, half the size</small>
      </MenuItem>
    </>
  );
}
