"""PDF work: screening uploads, preparing fields, drawing appearances, signing, sealing."""
