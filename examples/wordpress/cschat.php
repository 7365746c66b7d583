<?php
/**
 * Plugin Name: cschat
 * Description: The customer support widget on every page, which knows your members.
 * Version: 0.1.0
 * Requires PHP: 7.4
 * License: MIT
 *
 * Put this file into wp-content/plugins, and these lines into wp-config.php:
 *
 *     define('CSCHAT_WIDGET', 'https://help.example.com/desk/shop/widget.js');
 *     define('CSCHAT_SECRET', 'the secret of your gateway, 32 bytes at least');
 */

if (!defined('ABSPATH')) {
    exit;
}

/** Bytes as a JSON Web Token writes them (RFC 7515, base64url). */
function cschat_base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** A token that says who is signed in (HS256). It holds for an hour; the widget asks for the next one. */
function cschat_token(string $secret, string $user, string $name = '', string $email = ''): string
{
    $claims = ['aud' => 'cschat-member', 'sub' => $user, 'name' => $name, 'email' => $email, 'exp' => time() + 3600];
    $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES;
    $signed = cschat_base64url(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . cschat_base64url(json_encode($claims, $flags));
    return $signed . '.' . cschat_base64url(hash_hmac('sha256', $signed, $secret, true));
}

/** The token of whoever is signed in; "" for a guest. */
function cschat_token_of_user(): string
{
    $user = wp_get_current_user();
    return $user->exists() ? cschat_token(CSCHAT_SECRET, (string) $user->ID, $user->display_name, $user->user_email) : '';
}

add_action('wp_footer', function (): void {
    // The token is fetched and never written into the page, so that a page cache cannot give it to somebody else.
    $member = is_user_logged_in() ? sprintf(' data-token-url="%s"', esc_url(admin_url('admin-ajax.php?action=cschat_token'))) : '';
    printf('<script src="%s" data-language="%s"%s async></script>', esc_url(CSCHAT_WIDGET), esc_attr(get_bloginfo('language')), $member);
});

add_action('wp_ajax_cschat_token', function (): void {
    nocache_headers();
    wp_send_json(['token' => cschat_token_of_user()]);
});
