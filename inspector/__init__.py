"""The window that shows the inside of the network: `window`, its panels, the parts they share."""
